"""Lists in, rows out: events through the pipeline of one partition, and the tables that ClickHouse would show."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from held_users import held_users
from oracle.messages import CODEC, Message, encoded
from oracle.parts import whole

from schemas.columns import binary
from schemas.topics import SourceEvent
from sinks.memory import MemorySink
from streams.batch import Batch, Round, bounded_times
from streams.event_time import LogRange
from streams.pipeline import Pipeline, Processed
from streams.settings import Settings
from streams.state import PartitionState
from streams.timeunits import shanghai_day
from streams.wall_clock import machine_ms

STEPS = (
    "entered_at",
    "saved_at",
    "clicked_at",
    "purchased_at",
    "chain_clicked_at",
    "chain_purchased_at",
)


class OnePartition:
    """A partition number, its state, and a sink that keeps every row.

    position, committed: topic → where it is read on, now and after a crash.
    log_start, log_end: topic → the first record that the broker has, and behind the last.
    expired: topic → records that are gone right before the next batch.
    now_ms: of the wall clock; that of the machine where it is None.
    """

    now_ms: int | None = None

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.settings = Settings(**settings)
        self.sink = MemorySink()
        self.position: dict[str, int] = defaultdict(int)
        self.log_end: dict[str, int] = defaultdict(int)
        self.committed: dict[str, int] = defaultdict(int)
        self.log_start: dict[str, int] = defaultdict(int)
        self.expired: dict[str, int] = defaultdict(int)
        self._open()

    def feed(self, *events: SourceEvent) -> list[Processed]:
        """Publish events and read them at once; neighbours of one topic are one batch."""
        return [self.read(map(encoded, batch)) for _, batch in groupby(events, lambda e: e.topic)]

    def feed_each(self, *events: SourceEvent) -> None:
        """The same, one event at a time."""
        for event in events:
            self.feed(event)

    def read(self, messages: Iterable[Message], acknowledge: bool = True) -> Processed:
        """One batch of one topic; with acknowledge its rows go to the sink and its offsets are committed."""
        batch = self.batch(list(messages))
        logs = {
            topic: LogRange(self.log_start[topic], end, self.committed[topic])
            for topic, end in self.log_end.items()
        }
        processed = whole(self.pipeline.parts(self.pipeline.prepare(Round((batch,)), logs)))
        if acknowledge:
            for block in processed.blocks:
                self.sink.insert(block)
            self.committed[batch.topic] = batch.next_offset
        return processed

    def restart(self) -> None:
        """Close the state and go on from what was committed, as after a crash."""
        self.position.update({topic: self.committed[topic] for topic in self.position})
        self.close()
        self._open()

    def held(self) -> set[str]:
        """The users of whom there is anything in the state."""
        self.close()
        found = held_users(self.folder)
        self._open()
        return found

    def close(self) -> None:
        self.pipeline.state.close()

    @property
    def conversions(self) -> dict[str, dict[str, Any]]:
        """sub_order_id → row, as ReplacingMergeTree(version) keeps it."""
        kept: dict[str, dict[str, Any]] = {}
        for row in self.sink.rows("conversions"):
            other = kept.get(row["sub_order_id"])
            if other is None or row["version"] >= other["version"]:
                kept[row["sub_order_id"]] = row
        return kept

    @property
    def journeys(self) -> dict[tuple[str, int], dict[str, int]]:
        """(note_id, entry date) → times that are known, as AggregatingMergeTree(min) and its view keep them."""
        merged: dict[tuple[str, int], dict[str, int]] = defaultdict(dict)
        entries = [
            {"note_id": row["note_id"], "entered_at": row["occurred_at"]}
            for row in self.sink.rows("touches")
            if row["kind"] == 1
        ]
        for row in [*entries, *self.sink.rows("journeys")]:
            times = merged[row["note_id"], shanghai_day(row["entered_at"])]
            for step in STEPS:
                if row.get(step) is not None:
                    times[step] = min(row[step], times.get(step, row[step]))
        return dict(merged)

    @property
    def reasons(self) -> list[str]:
        """Of the dead letters, as they came."""
        return [row["reason"] for row in self.sink.rows("dead_letters")]

    @property
    def late(self) -> int:
        """Deliveries that came too late."""
        facts = [*self.sink.rows("touches"), *self.sink.rows("order_events")]
        return sum(row["too_late"] for row in facts)

    def path(self, sub_order_id: str = "s1") -> list[int]:
        """Times of a conversion's touches."""
        return self.conversions[sub_order_id]["path.occurred_at"]

    def batch(self, messages: list[Message]) -> Batch:
        topic = messages[0].topic
        first, end = self.position[topic], self.position[topic] + len(messages)
        self.position[topic] = end
        self.log_end[topic] = max(self.log_end[topic], end)
        return Batch(
            topic=topic,
            partition=0,
            offsets=np.arange(first, end, dtype=np.int64),
            timestamps=bounded_times(np.array([m.timestamp for m in messages], dtype=np.int64)),
            keys=binary([m.key for m in messages]),
            values=binary([m.value for m in messages]),
            next_offset=end,
            expired_before=self.expired.pop(topic, 0),
        )

    def _open(self) -> None:
        self.pipeline = Pipeline(self.settings, CODEC, PartitionState(self.folder), self._now)

    def _now(self) -> int:
        return machine_ms() if self.now_ms is None else self.now_ms
