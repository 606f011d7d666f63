"""Whatever wrote a state, each of its events is counted where today's code looks for it."""

from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from former.stores import NAMES, entries, former_state

from streams.state import PartitionState
from streams.state.crowds import CELLS, cells_of
from streams.state.keys import read_owners


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_every_event_is_counted(name: str, again: bool, tmp_path: Path) -> None:
    folder = former_state(name, tmp_path)
    for _ in range(1 + again):
        state = PartitionState(folder)
        state.close()
    events = [key for key in entries(folder) if key[:1] == b"e"]
    cells = cells_of(read_owners(pl.Series(events, dtype=pl.Binary)))
    for cell, count in Counter(cells.tolist()).items():
        bucket, at = divmod(cell, CELLS)
        assert state._crowds._counts._tables[bucket][at] >= count
