"""A changelog that was made anew, under a worker or while none ran, is told before the state is trusted to it."""

import asyncio
from pathlib import Path

import pytest
from disk import Disk, logs
from oracle.list_log import ListLog
from oracle.records import at, view

from schemas.errors import StateError
from streams.changelog import Changelog
from streams.event_time import EventTime
from streams.state import Change

PAID = at("2024-06-18 20:00")


def test_under_a_worker() -> None:
    async def scenario() -> None:
        log = ListLog()
        owned = await Changelog(log, 0).claim(0)
        await owned.append(Change.of([], {"note-views": 1}, EventTime()))
        log.records.clear()
        await owned.append(Change.of([], {"note-views": 2}, EventTime()))

    with pytest.raises(
        StateError, match=r"at offset 0 of its changelog, where 2 would be next: .*made anew"
    ):
        asyncio.run(scenario())


def test_while_none_ran(tmp_path: Path) -> None:
    """However often the worker is started: each time adds a claim, until there are as many records as before."""
    log = ListLog()
    asyncio.run(Disk(tmp_path, log).work(logs(view(PAID)), {}))
    log.records.clear()
    for sentence in [
        *["but the changelog ends at"] * 2,
        *["is not the change that the state has"] * 2,
    ]:
        with pytest.raises(StateError, match=sentence):
            asyncio.run(Disk(tmp_path, log).take_over())


def test_that_has_grown_by_the_changes_of_others(tmp_path: Path) -> None:
    log = ListLog()
    asyncio.run(Disk(tmp_path / "one", log).work(logs(view(PAID)), {}))
    log.records.clear()
    others = logs(view(PAID - 2), view(PAID - 1))
    asyncio.run(Disk(tmp_path / "two", log).work(others, {("note-views", 0): 0}))
    log.records[0].pop(1)
    with pytest.raises(StateError, match="is not the change that the state has from there"):
        asyncio.run(Disk(tmp_path / "one", log).take_over())
