"""What the states of a worker take in memory: what they are given, also those that were there before."""

from pathlib import Path

import pytest
from rocksdict import Rdict

from streams.state import Memory, PartitionState, actors, crowds

GIVEN = (32 << 20, 64 << 20)


def options_of(folder: Path) -> dict[str, str]:
    """The options with which RocksDB says that it has opened a store for the last time."""
    latest = max(folder.glob("OPTIONS-*"), key=lambda file: int(file.name.split("-")[1]))
    lines = (line.split("=", 1) for line in latest.read_text().splitlines() if "=" in line)
    return {name.strip(): value for name, value in lines}


def capacity(db: Rdict) -> int:
    found = db.property_int_value("rocksdb.block-cache-capacity")
    assert found is not None
    return found


@pytest.mark.parametrize("before", GIVEN)
@pytest.mark.parametrize("given", GIVEN)
def test_a_state_that_was_there_takes_what_it_is_given_now(
    tmp_path: Path, before: int, given: int
) -> None:
    for size in (before, given):
        state = PartitionState(tmp_path / "state", memory=Memory(size))
        half = (size - actors.BYTES) // 2
        assert capacity(state._database.db) == half - crowds.BYTES
        assert int(options_of(tmp_path / "state")["write_buffer_size"]) == half // 2
        state.close()


def test_states_share_one_cache(tmp_path: Path) -> None:
    memory = Memory(64 << 20, states=2)
    states = [PartitionState(tmp_path / name, memory=memory) for name in ("one", "two")]
    usages = {
        state._database.db.property_int_value("rocksdb.block-cache-usage") for state in states
    }
    assert usages == {memory._cache.get_usage()}
    known = actors.BYTES + 2 * crowds.BYTES
    assert {capacity(state._database.db) for state in states} == {(64 << 20) // 2 - known}
    for state in states:
        state.close()
