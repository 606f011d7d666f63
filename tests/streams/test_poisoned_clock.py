"""States whose event time a former version let a wrong clock move by decades."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from oracle.list_log import ListLog
from oracle.messages import CODEC, Logs, encoded
from oracle.parts import whole
from oracle.records import DAY, at, pay, view

from schemas.errors import StateError
from schemas.topics import SourceEvent
from streams.batch import Round
from streams.changelog import Changelog
from streams.event_time import NEVER, EventTime
from streams.partitions import Partitions
from streams.pipeline import Processed
from streams.recovery import Recovery
from streams.settings import Settings
from streams.wall_clock import WallClock

NOW = at("2026-06-18 20:00")
FAR = at("2099-06-18 20:00")
TOUCHED = [view(NOW - 2 * DAY), view(NOW - DAY)]
PAID = pay(NOW)


class Clock(WallClock):
    """One that stands still."""

    def __init__(self, now: int) -> None:
        super().__init__()
        self.now = now

    def now_ms(self) -> int:
        return self.now


def worked(
    folder: Path, log: ListLog | None, events: list[SourceEvent], done: int, now: int = NOW
) -> list[Processed]:
    """What a worker comes to that takes the partition over. done: how many views are committed."""

    async def scenario() -> list[Processed]:
        partitions = Partitions(Settings(data_dir=folder, partitions=1), CODEC, Clock(now))
        failures: list[Exception] = []

        async def in_thread(call: Callable[..., Any], *args: Any) -> Any:
            return call(*args)

        async def failed(error: Exception) -> None:
            failures.append(error)

        changelog = Changelog(log, epoch=0) if log else None
        recovery = Recovery(partitions, changelog, in_thread, failed)
        recovery.assigned([0])
        try:
            assert recovery._task
            await asyncio.wait([recovery._task])
            for failure in failures:
                raise failure
            owned, found = await recovery.owner(0), []
            logs = Logs(map(encoded, events), partitions=1)
            committed = {("note-views", 0): done}
            for topic in logs.topics(0):
                for offset in range(committed.get((topic, 0), 0), logs.length(topic, 0)):
                    pipeline = partitions.pipeline(0)
                    batch = logs.batch(topic, 0, offset, 1)
                    prepared = pipeline.prepare(Round((batch,)), logs.ranges(0, committed))
                    position = await owned.append(prepared.change) if owned else None
                    found.append(whole(pipeline.parts(prepared, position)))
                    committed[topic, 0] = offset + 1
            return found
        finally:
            partitions.close()

    return asyncio.run(scenario())


def poisoned(folder: Path, log: ListLog | None, beyond: int = 2) -> list[SourceEvent]:
    """Views that a worker took whose clock was as wrong as the producer's; after two it has expired the state."""
    events = [*TOUCHED, *(view(FAR + n, "n9") for n in range(beyond))]
    worked(folder, log, events, 0, now=FAR)
    return events


def conversion(found: list[Processed]) -> dict[str, Any]:
    [row] = [
        row
        for processed in found
        for block in processed.blocks
        if block.table == "conversions"
        for row in block.frame.to_dicts()
    ]
    return row


@pytest.mark.parametrize("folder", ["one", "new"])
@pytest.mark.parametrize("beyond", [1, 2])
def test_the_changelog_heals_it(
    tmp_path: Path, folder: str, beyond: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The disk has dropped its history by then; the changelog has it still."""
    log = ListLog()
    events = poisoned(tmp_path / "one", log, beyond)
    with caplog.at_level(logging.WARNING, logger="streams.recovery"):
        found = worked(tmp_path / folder, log, [*events, PAID], 2 + beyond)
    assert found[-1].judged[0].too_late == 0
    row = conversion(found)
    assert list(row["path.occurred_at"]) == [event.record["occurred_at"] for event in TOUCHED]
    assert not row["path_incomplete"]
    assert "event time was set back" in caplog.text
    caplog.clear()
    later = worked(tmp_path / "later", log, [*events, PAID, pay(NOW + 1, "s2")], 2 + beyond)
    assert [processed.judged[0].too_late for processed in later] == [0, 0]
    assert "event time was set back" not in caplog.text


def test_a_folder_alone_is_healed_as_long_as_it_has_its_history(tmp_path: Path) -> None:
    found = worked(tmp_path, None, [*poisoned(tmp_path, None, beyond=1), PAID], 3)
    assert len(conversion(found)["path.kind"]) == 2


def test_a_folder_alone_that_has_dropped_its_history_is_refused(tmp_path: Path) -> None:
    events = poisoned(tmp_path, None)
    with pytest.raises(StateError, match=r"before 2099-.* replay into a new folder"):
        worked(tmp_path, None, [*events, PAID], 4)


def test_what_a_topic_that_is_beyond_leaves() -> None:
    def without(now: int, **newest: int) -> EventTime:
        return EventTime(now, newest).without_beyond(NOW)

    assert without(FAR, views=FAR, saves=NOW) == EventTime(NOW, {"saves": NOW})
    assert without(NOW - 1, views=FAR, saves=NOW - 1) == EventTime(NOW - 1, {"saves": NOW - 1})
    assert without(FAR, views=FAR) == EventTime(NEVER, {})
    assert without(NOW, views=NOW) == EventTime(NOW, {"views": NOW})
