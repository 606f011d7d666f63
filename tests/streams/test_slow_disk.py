"""A disk that is slower than what is written: writes wait, and no other thread waits with them."""

import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from oracle.records import at
from rocksdict import Options

from streams.event_time import EventTime
from streams.state import Change, Memory, PartitionState, Position, database, keys
from streams.state.scanning import pieces

ROUNDS, ENTRIES, VALUE_BYTES = 20, 100, 500
BYTES_PER_S = 1 << 20
DAY = keys.bucket_start(keys.EVENT, keys.bucket_of(at("2024-06-18 20:00")))


class SlowDisk(Memory):
    """Small buffers, which take longer to be written than to be filled."""

    def __init__(self) -> None:
        super().__init__()
        self._buffer_bytes = 64 << 10

    def options(self) -> Options:
        options = super().options()
        options.set_ratelimiter(BYTES_PER_S, 100_000, 10)
        return options


#: The keys are no real ones, and none is counted.
NOTHING = np.zeros(0, np.int64)


def test_rounds_wait_for_the_disk_without_the_gil(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """rocksdict itself lets no thread run while it waits; the state sleeps instead."""
    waited: list[float] = []
    pause = database.time.sleep

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        pause(seconds)

    monkeypatch.setattr(database, "time", SimpleNamespace(sleep=sleep))
    chance = random.Random(1)
    put = [
        (DAY + b"%06d" % number, chance.randbytes(VALUE_BYTES))
        for number in range(ROUNDS * ENTRIES)
    ]
    state = PartitionState(tmp_path, memory=SlowDisk(), in_changelog=True)
    for start in range(0, len(put), ENTRIES):
        some = pl.DataFrame(put[start : start + ENTRIES], schema=["key", "value"], orient="row")
        state.apply(Change(some, 0, {}, EventTime(), NOTHING), Position(start + ENTRIES))
    assert waited
    state.close()
    state = PartitionState(tmp_path)
    assert state.position == Position(len(put))
    assert [key for piece in pieces(state._database.db, DAY) for key in piece] == [
        key for key, _ in put
    ]
    state.close()
