"""Facts in ClickHouse as workers write them, the rows that somebody made of them, and those that are right."""

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from one_partition import OnePartition
from oracle.records import but

from rebuild import Done, Scope, rebuild, run
from schemas.topics import SourceEvent
from sinks.connection import ClickHouse
from sinks.writer import Writer
from streams.outbox import merged
from streams.settings import Settings

FACTS, ROWS = ("touches", "order_events"), ("journeys", "conversions")
#: Longer than any history here.
PATIENT = 365
_TABLES = (*FACTS, *ROWS, "clicks", "progress", "rebuilds", "dead_letters")


class Ground:
    """A database that is empty when a test begins."""

    def __init__(self, place: ClickHouse) -> None:
        self.place = place
        self.writer = Writer(place)
        self.client = place.client()

    def clear(self) -> None:
        for table in _TABLES:
            self.client.execute(f"TRUNCATE TABLE {table}")

    def put(self, events: Iterable[SourceEvent], *tables: str, **settings: Any) -> None:
        """What a worker writes that reads these events one after another; of these tables only, if any are given."""
        with TemporaryDirectory() as folder:
            partition = OnePartition(Path(folder), **settings)
            partition.feed(*events)
            partition.close()
        for block in merged(partition.sink.blocks):
            if block.table in (tables or (*FACTS, *ROWS)):
                self.writer.insert(block)

    def rebuild(self, scope: Scope | None = None, **settings: Any) -> Done:
        return rebuild(Settings(broker="memory://", **settings), self.place, scope or Scope())

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Of both tables, all columns."""
        return {t: self.client.execute(f"SELECT * FROM {t} FINAL ORDER BY ALL") for t in ROWS}

    def paid(self) -> set[str]:
        """The sub-orders that have a conversion."""
        return {one for (one,) in self.client.execute("SELECT sub_order_id FROM conversions")}

    def paths(self) -> dict[str, list[str]]:
        """sub_order_id → kinds of touches."""
        return dict(self.client.execute("SELECT sub_order_id, path.kind FROM conversions FINAL"))

    def close(self) -> None:
        self.writer.close()
        self.client.disconnect()


class Asked:
    """Workers who are asked who is to be forgotten. then: what happens right before an answer, by its number from 0."""

    def __init__(self, then: Callable[[int], Collection[str]], published_until: int) -> None:
        self._then = then
        self._published_until = published_until
        self.times = 0

    def forgotten(self) -> Collection[str]:
        self.times += 1
        return self._then(self.times - 1)

    def published_until(self) -> int:
        return self._published_until


def workers(
    monkeypatch: pytest.MonkeyPatch,
    then: Callable[[int], Collection[str]] = lambda number: (),
    published_until: int = 4_000_000_000_000,
) -> Asked:
    """Have such workers beside the rebuilds of a test."""
    asked = Asked(then, published_until)

    def those(settings: Settings, clickhouse: ClickHouse) -> AbstractContextManager[Asked]:
        return nullcontext(asked)

    monkeypatch.setattr(run, "workers_of", those)
    return asked


def at_times(events: Iterable[SourceEvent]) -> list[SourceEvent]:
    """The events in the order in which they occurred."""
    return sorted(events, key=lambda event: event.record["occurred_at"])


def stamped(event: SourceEvent, at: int) -> SourceEvent:
    """The same event once more, which occurred and was published at another time, ms."""
    return replace(but(event, occurred_at=at), timestamp=at)
