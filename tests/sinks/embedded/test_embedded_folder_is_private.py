"""The folder of an embedded server holds all that is known of people: a new one is for its owner alone."""

from pathlib import Path

from sinks.embedded.folder_lock import FolderLock
from sinks.embedded.rights import configure


def test_a_new_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    FolderLock(folder).release()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    FolderLock(tmp_path).release()
    assert tmp_path.stat().st_mode & 0o777 == 0o750


def test_what_is_written_into_such_a_one_is_for_its_owner_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    configure(tmp_path, tmp_path / "data", allow_outside=False)
    made = list(tmp_path.rglob("*"))
    assert len(made) > 4
    assert not [path for path in made if path.stat().st_mode & 0o077]
