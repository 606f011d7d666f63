from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from one_partition import OnePartition

from streams.state import HistoryReader


@pytest.fixture
def make_partition(tmp_path: Path) -> Iterator[Callable[..., OnePartition]]:
    """Make a partition with settings of its own."""
    made = []

    def make(**settings: Any) -> OnePartition:
        made.append(OnePartition(tmp_path / str(len(made)), **settings))
        return made[-1]

    yield make
    for partition in made:
        partition.close()


@pytest.fixture
def partition(make_partition: Callable[..., OnePartition]) -> OnePartition:
    """A partition with the default settings: 30 days of lookback, 3 days of lateness."""
    return make_partition()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many entries each reader has read."""
    found: list[int] = []
    close = HistoryReader.close

    def closed(reader: HistoryReader) -> None:
        found.append(reader.read)
        close(reader)

    monkeypatch.setattr(HistoryReader, "close", closed)
    return found
