"""The file that says who wrote which note."""

from pathlib import Path

import pytest

from attribution.creators import read_creators
from schemas.errors import SourceError


def test_a_file_is_read_as_text(tmp_path: Path) -> None:
    file = tmp_path / "creators.csv"
    file.write_text('\ufeffnote_id,creator_id\n007,42\n"a,b",种草\n007,42\n', encoding="utf-8")
    assert read_creators(file) == {"007": "42", "a,b": "种草"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read as CSV"),
        (b"", "cannot be read as CSV"),
        (b"note_id,creator_id\nn,\xff\xfe\n", "cannot be read as CSV"),
        (b"note_id,creator_id\nn,c,more\n", "cannot be read as CSV"),
        (
            b"note,creator\nn,c\n",
            "begins with the line note,creator: it must be note_id,creator_id",
        ),
        (b"note_id,creator_id\nn,c\nm,\n", "an empty note_id or creator_id in line 3"),
        (b"note_id,creator_id\nn,c\n,d\n", "an empty note_id or creator_id in line 3"),
        (b"note_id,creator_id\nn,c\nn,d\n", "names several creators of note n: c, d"),
    ],
)
def test_what_is_wrong_with_it_is_told(tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / "creators.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SourceError) as refused:
        read_creators(file)
    assert says in str(refused.value)
    assert str(refused.value).startswith(str(file))
    assert "\n" not in str(refused.value)
