"""Workers of one machine may share the folder of the state: each partition in it is held by one of them at a time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from schemas.codec import Codec
from schemas.errors import StateError
from schemas.registry import DirectoryRegistry
from streams.partitions import Partitions
from streams.settings import Settings

WORKERS = 8


@pytest.mark.parametrize("attempt", range(20))
def test_workers_start_together_in_a_new_folder(tmp_path: Path, attempt: int) -> None:
    settings = Settings(data_dir=tmp_path)
    start = Barrier(WORKERS)

    def worker(_: int) -> Partitions:
        start.wait(10)
        return Partitions(settings, Codec(DirectoryRegistry()))

    with ThreadPoolExecutor(WORKERS) as threads:
        assert len(list(threads.map(worker, range(WORKERS)))) == WORKERS
    assert [file.name for file in (tmp_path / "state").iterdir()] == ["layout.json"]


def test_a_partition_goes_to_another_worker_once_it_is_let_go(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    one, other = (Partitions(settings, Codec(DirectoryRegistry())) for _ in range(2))
    one.pipeline(3)
    other.pipeline(4)
    with pytest.raises(StateError, match="Another worker may hold the folder"):
        other.pipeline(3)
    one.close()
    assert other.pipeline(3).state.folder == tmp_path / "state/0003"
    other.close()
