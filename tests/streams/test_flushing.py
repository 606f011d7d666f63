"""What quiet states have in memory alone comes to the disk once a day, before the changelog forgets it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from oracle.messages import CODEC

from schemas.topics import NOTE_VIEWS
from sinks.memory import MemorySink
from streams.app import App
from streams.event_time import EventTime
from streams.partitions import Partitions
from streams.settings import Settings
from streams.state import Change, PartitionState, Position


async def once(*_: Any, **__: Any) -> AsyncIterator[float]:
    """A timer of one day, at its end."""
    yield 0.0


def test_a_crash_leaves_what_was_there_a_day_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path, partitions=2, broker="kafka://nowhere")
    partitions = Partitions(settings, CODEC)
    app = App(settings, partitions, MemorySink())
    assert App._flush_states in app._get_tasks()
    for number in range(2):
        change = Change.of([], {NOTE_VIEWS: 7}, EventTime())
        partitions.state(number).apply(change, Position(number + 1, 0))
    assert [left_by_a_crash(partitions, n, tmp_path / "before") for n in range(2)] == [0, 0]
    monkeypatch.setattr(app, "itertimer", once)
    asyncio.run(App._flush_states(app))
    assert [left_by_a_crash(partitions, n, tmp_path / "after") for n in range(2)] == [1, 2]
    partitions.close()


def left_by_a_crash(partitions: Partitions, number: int, folder: Path) -> int:
    """How far a copy of the state's folder is, as an offset of the changelog."""
    copy = folder / str(number)
    copytree(partitions.state(number).folder, copy)
    state = PartitionState(copy, in_changelog=True)
    state.close()
    return state.position.next_offset
