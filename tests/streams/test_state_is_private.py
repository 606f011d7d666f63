"""The state tells who looked at what: its folder is for its owner alone, unless somebody made it otherwise."""

from pathlib import Path

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from streams.partitions import Partitions
from streams.settings import Settings


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    partitions = Partitions(Settings(data_dir=tmp_path / "data"), Codec(DirectoryRegistry()))
    partitions.state(3)
    partitions.close()
    assert mode(tmp_path / "data/state") == 0o700
    assert mode(tmp_path / "data/state/0003") == 0o700


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(0o750)
    Partitions(Settings(data_dir=tmp_path), Codec(DirectoryRegistry())).close()
    assert mode(folder) == 0o750
