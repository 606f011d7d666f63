"""What a crash leaves of a state: all of it, or what some earlier round left if the changelog has the rest."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from oracle.messages import CODEC
from oracle.records import at, view

from schemas.columns import binary
from schemas.topics import NOTE_VIEWS
from streams.event_time import EventTime
from streams.events import to_events
from streams.state import Change, Memory, PartitionState, Position, keys
from streams.state.scanning import pieces

T = at("2024-06-18 20:00")
ROUNDS, VIEWS = 30, 200
#: So small that some of the rounds are in files by the end, and some in memory alone.
SMALL = Memory()
SMALL._buffer_bytes = 64 << 10


def changes() -> list[Change]:
    """Views, a round each."""
    found = []
    for start in range(0, ROUNDS * VIEWS, VIEWS):
        values = [
            CODEC.encode(NOTE_VIEWS, view(T + number).record)
            for number in range(start, start + VIEWS)
        ]
        frame = CODEC.decode(NOTE_VIEWS, binary(values)).frame
        events = to_events(NOTE_VIEWS, frame, np.arange(start, start + VIEWS))
        events = events.with_columns(too_late=pl.lit(False))
        clock = EventTime(T, {NOTE_VIEWS: T + start})
        found.append(Change.of([events], {NOTE_VIEWS: start + VIEWS}, clock))
    return found


def held(state: PartitionState) -> list[bytes]:
    return [key for piece in pieces(state._database.db, keys.EVENT.encode()) for key in piece]


@pytest.mark.parametrize("in_changelog", [False, True])
def test_what_a_crash_leaves(tmp_path: Path, in_changelog: bool) -> None:
    command = [sys.executable, __file__, str(tmp_path), *(["in changelog"] if in_changelog else [])]
    killed = subprocess.run(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert killed.returncode == -signal.SIGKILL

    left, put = PartitionState(tmp_path, memory=SMALL, in_changelog=in_changelog), changes()
    rounds = left.position.next_offset
    assert rounds == ROUNDS or (in_changelog and 0 < rounds < ROUNDS)
    assert held(left) == [key for change in put[:rounds] for key in change.entries["key"]]
    assert left.read_to == {NOTE_VIEWS: rounds * VIEWS}
    assert left.event_time == put[rounds - 1].event_time

    for number, change in enumerate(put[rounds:], start=rounds + 1):
        left.apply(change, Position(number, 0))
    assert held(left) == [key for change in put for key in change.entries["key"]]
    left.close()


def test_what_is_closed_is_whole(tmp_path: Path) -> None:
    state = PartitionState(tmp_path, in_changelog=True)
    for number, change in enumerate(changes(), start=1):
        state.apply(change, Position(number, 0))
    state.close()
    again = PartitionState(tmp_path, in_changelog=True)
    assert again.position == Position(ROUNDS, 0)
    assert len(held(again)) == ROUNDS * VIEWS
    again.close()


def crash(folder: str, in_changelog: bool) -> None:
    """Put all rounds, and end at once."""
    state = PartitionState(Path(folder), memory=SMALL, in_changelog=in_changelog)
    for number, change in enumerate(changes(), start=1):
        state.apply(change, Position(number, 0))
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    crash(sys.argv[1], in_changelog=len(sys.argv) > 2)
