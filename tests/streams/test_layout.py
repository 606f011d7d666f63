"""The note of how many partitions a state was made for."""

from pathlib import Path

import pytest

from schemas.codec import Codec
from schemas.errors import StateError
from schemas.registry import DirectoryRegistry
from schemas.whole_files import write_whole
from streams.partitions import Partitions
from streams.settings import Settings


def opened(folder: Path) -> Partitions:
    return Partitions(Settings(data_dir=folder), Codec(DirectoryRegistry()))


@pytest.mark.parametrize("text", ["", '{"partit', "[]", "{}", "8", "\x00" * 17, "null"])
def test_one_that_is_damaged(tmp_path: Path, text: str) -> None:
    opened(tmp_path)
    (tmp_path / "state/layout.json").write_text(text)
    with pytest.raises(StateError, match=r'layout\.json is damaged.*write {"partitions": N} into'):
        opened(tmp_path)


def test_one_that_is_not_text(tmp_path: Path) -> None:
    opened(tmp_path)
    (tmp_path / "state/layout.json").write_bytes(b"\xff\xfe")
    with pytest.raises(StateError, match="is damaged"):
        opened(tmp_path)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "note.json"
    for text in ("one", "two"):
        write_whole(file, text)
        assert file.read_text() == text
    assert list(tmp_path.iterdir()) == [file]
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "note.json").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "note.json", "one")
    assert [path.name for path in tmp_path.iterdir()] == ["note.json"]
