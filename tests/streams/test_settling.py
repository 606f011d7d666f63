"""What a state is compared with before anything of its partition number is processed."""

import asyncio
from pathlib import Path

import pytest
from disk import Disk
from oracle.list_log import ListLog

from schemas.errors import StateError
from streams import standing
from streams.event_time import LogRange
from streams.state import PartitionState
from streams.transport.settling import forgotten

UNCOMMITTED = {"note-views": LogRange(30, 40, 30), "note-saves": LogRange(5, 5, 5)}


def test_what_a_state_has_read_and_nobody_has_committed() -> None:
    assert forgotten({"note-views": 18, "note-saves": 5}, UNCOMMITTED) == {"note-views": 18}
    assert forgotten({"note-views": 30, "note-saves": 5}, UNCOMMITTED) == {}
    # Where a topic did not begin at 0, the state says so from its first round on.
    assert forgotten({"note-views": 30}, UNCOMMITTED) == {"note-saves": 0}
    assert forgotten({}, UNCOMMITTED) == {}
    assert forgotten({"note-views": 18}, {"note-views": LogRange(0, 40, 18)}) == {}


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        (LogRange(0, 40, 20), "ends at offset 18 of partition 3 of note-views, but the group"),
        (LogRange(0, 10, 5), "Partition 3 of note-views ends at offset 10, but the state"),
        (LogRange(30, 40, 30), None),
        (LogRange(0, 18, 18), None),
    ],
)
def test_what_does_not_belong_together(log: LogRange, sentence: str | None) -> None:
    if sentence is None:
        standing.check(Path("state"), 3, {"note-views": 18}, {"note-views": log})
        return
    with pytest.raises(StateError, match=sentence):
        standing.check(Path("state"), 3, {"note-views": 18}, {"note-views": log})


def test_nobody_owns_a_state_that_does_not_belong(tmp_path: Path) -> None:
    async def refuse(number: int, state: PartitionState) -> None:
        raise StateError(f"{number}: it does not belong")

    disk = Disk(tmp_path, ListLog())
    disk.recovery._settle = refuse
    with pytest.raises(StateError, match="0: it does not belong"):
        asyncio.run(disk.take_over())
