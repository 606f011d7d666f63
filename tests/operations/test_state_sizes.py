"""The size of the state is that of its files, also while these come and go."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from streams.operations.state_sizes import StateSizes
from streams.partitions import Partitions
from streams.settings import Settings


@pytest.fixture
def partitions(tmp_path: Path) -> Iterator[Partitions]:
    partitions = Partitions(Settings(data_dir=tmp_path), Codec(DirectoryRegistry()))
    yield partitions
    partitions.close()


def test_only_what_is_open_is_looked_at(partitions: Partitions) -> None:
    sizes = StateSizes(partitions)
    for partition in (3, 1):
        partitions.pipeline(partition)
    asyncio.run(sizes.look())
    for partition, size in sizes.bytes.items():
        folder = partitions.pipeline(partition).state.folder
        assert size == sum(file.stat().st_size for file in folder.iterdir()) > 0
    assert sizes.bytes.keys() == {1, 3}
    partitions.close()
    asyncio.run(sizes.look())
    assert sizes.bytes == {}


def test_a_folder_that_went_away_has_no_size(partitions: Partitions, tmp_path: Path) -> None:
    partitions.pipeline(1).state.folder = tmp_path / "gone"
    sizes = StateSizes(partitions)
    asyncio.run(sizes.look())
    assert sizes.bytes == {1: 0}
