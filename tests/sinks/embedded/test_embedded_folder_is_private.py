"""The folder of an embedded server holds all that is known of people: a new one is for its owner alone."""

from pathlib import Path

from sinks.embedded.folder_lock import FolderLock


def test_a_new_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    FolderLock(folder).release()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    FolderLock(tmp_path).release()
    assert tmp_path.stat().st_mode & 0o777 == 0o750
