"""The file of rejected lines."""

import json
from pathlib import Path

import pytest

from schemas.errors import SourceError
from sources.readers import RejectsFile


def test_it_is_created_by_the_first_reject(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    with RejectsFile(path) as rejects:
        assert not path.exists()
        rejects.add(Path("in.csv"), 7, "The item is empty.", b"1,\xff\xe7")
    assert rejects.count == 1
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "file": "in.csv",
        "line": 7,
        "reason": "The item is empty.",
        "raw": "1,\\xff\\xe7",
    }


def test_why_is_told_the_most_frequent_first() -> None:
    rejects = RejectsFile(None)
    for number in range(1, 20):
        rejects.add(Path("in.csv"), number, f"Bad {number % 10 or 'often'}.", b"x")
    rejects.add(Path("in.csv"), 20, "Bad often.", b"x")
    assert rejects.told() == (
        "2 lines, first line 1: Bad 1. 2 lines, first line 2: Bad 2. 2 lines, first line 3: Bad 3. "
        "2 lines, first line 4: Bad 4. 2 lines, first line 5: Bad 5. 10 more for other reasons."
    )


def test_few_reasons_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.readers.rejects.MOST_COUNTED", 1)
    rejects = RejectsFile(None)
    for number in range(1, 4):
        rejects.add(Path("in.csv"), number, f"Bad {number}.", b"x")
    assert rejects.told() == "line 1: Bad 1. 2 more for other reasons."


def test_no_reject_no_file(tmp_path: Path) -> None:
    with RejectsFile(tmp_path / "rejects.jsonl") as rejects:
        pass
    assert rejects.count == 0
    assert list(tmp_path.iterdir()) == []


def test_earlier_rejects_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    for line in (1, 2):
        with RejectsFile(path) as rejects:
            rejects.add(Path("in.csv"), line, "It is bad.", b"x")
        assert rejects.count == 1
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["line"] for line in lines] == [1, 2]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with (
        RejectsFile(tmp_path / "missing" / "rejects.jsonl") as rejects,
        pytest.raises(SourceError, match="cannot be written: No such file or directory"),
    ):
        rejects.add(Path("in.csv"), 1, "It is bad.", b"x")


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    with RejectsFile(path) as rejects:
        rejects.add(Path("in.csv"), 7, "The item is empty.", b"x")
    assert path.stat().st_mode & 0o777 == 0o600
