"""The state of a folder before, in and after a run: it goes on where a run has come to its end, and nowhere else."""

from pathlib import Path

import pytest

from schemas.errors import StateError
from streams.folder import Run

TABLE, LOG = "state/0000/000001.sst", "state/0000/000002.log"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, TABLE, "table")
    write(tmp_path, LOG, "log")
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def begun(folder: Path, source: str = "a") -> Run:
    run = Run(folder, source)
    run.go_back()
    run.begin()
    return run


def content(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


BEFORE = {TABLE: "table", LOG: "log"}


def test_a_run_that_comes_to_its_end(folder: Path) -> None:
    run = begun(folder)
    write(folder, LOG, "log and more")
    run.finish()
    assert content(folder) == {TABLE: "table", LOG: "log and more"}


def test_one_that_does_not_as_often_as_one_likes(folder: Path) -> None:
    for again in (False, True, True):
        run = begun(folder)
        assert run.again is again
        write(folder, LOG, "log and more")
        (folder / TABLE).unlink()
        write(folder, "state/0001/000003.sst", "new")
    begun(folder).finish()
    assert content(folder) == BEFORE


def test_one_that_died_while_it_went_back(folder: Path) -> None:
    begun(folder)
    (folder / "state").rename(folder / "state.half")
    begun(folder).finish()
    assert content(folder) == BEFORE


def test_one_that_died_while_it_began(folder: Path) -> None:
    write(folder, "unfinished.half/state/0000/000001.sst", "ta")
    run = begun(folder)
    assert not run.again
    run.finish()
    assert content(folder) == BEFORE


def test_the_first_in_a_new_folder(tmp_path: Path) -> None:
    begun(tmp_path)
    write(tmp_path, LOG, "log")
    begun(tmp_path).finish()
    assert content(tmp_path) == {}


def test_tables_are_shared_and_logs_are_not(folder: Path) -> None:
    begun(folder)
    assert (folder / TABLE).samefile(folder / "unfinished" / TABLE)
    assert not (folder / LOG).samefile(folder / "unfinished" / LOG)


@pytest.mark.parametrize("note", ["", "{", "[]", '{"source": '])
def test_a_damaged_note_refuses_nothing(folder: Path, note: str) -> None:
    begun(folder, "a.jsonl")
    (folder / "unfinished/run.json").write_text(note)
    run = begun(folder, "b.jsonl")
    assert run.handed_over().lacking is None
    run.finish()
    assert content(folder) == BEFORE


def test_a_folder_that_cannot_be_written(folder: Path) -> None:
    (folder / "unfinished.half").write_text("a file")
    with pytest.raises(StateError, match=r"cannot be written .*: free space or correct"):
        begun(folder)
