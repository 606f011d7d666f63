"""Files that are compressed, cut off, missing or not files at all."""

import gzip
import os
import re
from pathlib import Path

import pytest

from schemas.errors import SettingsError, SourceError
from schemas.topics import SourceEvent
from sources.readers import RejectsFile, read
from sources.readers.files import MAX_LINE_BYTES

ROW = b"1,22,333,pv,1511544070"
FORMAT = "taobao-userbehavior"


@pytest.fixture
def rejects(tmp_path: Path) -> RejectsFile:
    return RejectsFile(tmp_path / "rejects")


@pytest.mark.parametrize(
    "content",
    [
        ROW + b"\n" + ROW + b"\n",
        ROW + b"\n" + ROW,
        ROW + b"\r\n" + ROW + b"\r\n",
        b"\xef\xbb\xbf" + ROW + b"\n" + ROW,
        gzip.compress(ROW + b"\n" + ROW + b"\n"),
        gzip.compress(ROW + b"\n") + gzip.compress(ROW),
    ],
    ids=["lf", "no_end", "crlf", "byte_order_mark", "gzip", "gzip_members"],
)
def test_two_rows(read_bytes, content: bytes) -> None:
    events, rejects = read_bytes(content, FORMAT)
    assert len(events) == 2
    assert rejects == []


def test_an_empty_file(read_bytes) -> None:
    assert read_bytes(b"", FORMAT) == ([], [])


def test_a_line_without_end_is_cut_and_rejected(read_bytes) -> None:
    content = b"x" * (3 * MAX_LINE_BYTES) + b"\n" + ROW
    events, (reject,) = read_bytes(content, FORMAT)
    assert len(events) == 1
    assert reject["line"] == 1
    assert reject["reason"] == "The line is longer than 1048576 bytes."
    assert len(reject["raw"]) == MAX_LINE_BYTES + 1


@pytest.mark.parametrize("cut", [-1, -9, -200])
def test_a_gzip_file_that_ends_early(tmp_path: Path, rejects: RejectsFile, cut: int) -> None:
    path = tmp_path / "cut.csv.gz"
    rows = b"".join(b"%d,%d,333,pv,1511544070\n" % (n, n * n) for n in range(1, 50_000))
    path.write_bytes(gzip.compress(rows)[:cut])
    seen: list[SourceEvent] = []
    with (
        read(path, FORMAT, rejects) as events,
        pytest.raises(SourceError, match=r"cut\.csv\.gz cannot be read after line \d+:"),
    ):
        seen.extend(events)
    assert 40_000 < len(seen) < 50_000


def test_the_magic_of_gzip_alone_is_a_damaged_file(read_bytes) -> None:
    with pytest.raises(SourceError, match="cannot be read after line 0"):
        read_bytes(b"\x1f\x8b\n" + ROW, FORMAT)


def test_progress(tmp_path: Path, rejects: RejectsFile) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes((ROW + b"\n") * 50_000)
    with read(path, FORMAT, rejects) as events:
        next(events)
        assert 0 < events.bytes_read < path.stat().st_size
        assert sum(1 for _ in events) == 49_999
        assert events.bytes_read == events.total_bytes == path.stat().st_size
    assert next(events, None) is None


def test_closing_early(tmp_path: Path, rejects: RejectsFile) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(ROW)
    with read(path, FORMAT, rejects) as events:
        pass
    assert list(events) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.csv", "missing.csv does not exist; check the path."),
        ("folder", "folder is a folder; name a file in it."),
        ("plain.gz", "plain.gz is named .gz and is not a gzip file"),
        ("plain.gz/inside", "plain.gz/inside cannot be opened: Not a directory."),
    ],
)
def test_what_cannot_be_opened(
    tmp_path: Path, rejects: RejectsFile, name: str, message: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "plain.gz").write_bytes(ROW)
    with pytest.raises(SourceError, match=re.escape(message)):
        read(tmp_path / name, FORMAT, rejects)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(tmp_path: Path, rejects: RejectsFile) -> None:
    path = tmp_path / "secret.csv"
    path.touch(mode=0)
    with pytest.raises(SourceError, match="may not be read by this user"):
        read(path, FORMAT, rejects)


def test_an_unknown_format(tmp_path: Path, rejects: RejectsFile) -> None:
    with pytest.raises(SettingsError, match="known formats are taobao-userbehavior, jsonl"):
        read(tmp_path / "x", "parquet", rejects)
