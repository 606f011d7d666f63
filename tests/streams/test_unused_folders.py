"""Folders of partitions that moved on are removed after a while, never one that is in use or may come back soon."""

import os
import shutil
import time
from pathlib import Path

import pytest
from rocksdict import Rdict

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from streams.partitions import Partitions
from streams.settings import Settings

UNUSED_S = 3600


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


def partitions(settings: Settings) -> Partitions:
    return Partitions(settings, Codec(DirectoryRegistry()))


def left(settings: Settings) -> list[str]:
    return sorted(path.name for path in (settings.data_dir / "state").glob("[0-9]*"))


def age(settings: Settings, seconds: float) -> None:
    then = time.time() - seconds
    for path in (settings.data_dir / "state").glob("[0-9]*/*"):
        os.utime(path, (then, then))
        os.utime(path.parent, (then, then))


def test_what_nobody_used_for_long_is_removed(settings: Settings) -> None:
    worker = partitions(settings)
    for number in range(4):
        worker.state(number)
    worker.close()
    worker.state(0)
    age(settings, UNUSED_S - 60)
    assert worker.remove_unused({0, 1}, UNUSED_S) == []
    age(settings, UNUSED_S + 60)
    assert worker.remove_unused({0, 1}, UNUSED_S) == [2, 3]
    assert left(settings) == ["0000", "0001"]
    # Between an assignment and its first use it has what it had.
    assert worker.remove_unused({1}, UNUSED_S) == []
    worker.close()
    worker.state(3)
    worker.close()


def test_what_another_worker_has_open_stays(settings: Settings) -> None:
    one, other = partitions(settings), partitions(settings)
    other.state(5)
    age(settings, UNUSED_S + 60)
    assert one.remove_unused(set(), UNUSED_S) == []
    other.close()
    age(settings, UNUSED_S + 60)
    assert one.remove_unused(set(), UNUSED_S) == [5]
    assert left(settings) == []


def test_workers_that_share_a_folder_remove_at_the_same_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = partitions(settings)
    for number in range(2):
        worker.state(number)
    worker.close()
    age(settings, UNUSED_S + 60)
    monkeypatch.setattr(
        Rdict, "destroy", lambda path: [shutil.rmtree(one) for one in Path(path).parent.glob("0*")]
    )
    assert worker.remove_unused(set(), UNUSED_S) == [0]
    assert left(settings) == []
