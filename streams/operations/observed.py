"""A worker as its metrics, its health and its journal see it."""

import math
from collections.abc import Mapping
from typing import Any, Protocol

from faust.exceptions import ConsumerNotStarted
from faust.types import TP

from schemas.topics import SOURCE_TOPICS
from sinks.writer import Counters
from streams.app import App
from streams.event_time import NEVER


class Sinking(Protocol):
    """What is read of a `sinks.writer.Writer`."""

    answers: bool
    answered_at: float | None
    tried_at: float

    @property
    def counters(self) -> Mapping[str, Counters]: ...


class Observed:
    """A worker. Ask on the event loop of its app.

    joined: whether the group has told which partitions are ours, none at all included.
    """

    def __init__(self, app: App, writer: Sinking) -> None:
        self.app = app
        self.writer = writer
        self.joined = False
        app.on_partitions_assigned.connect(self._note_joined)

    async def _note_joined(self, app: Any, assigned: set[TP], **_: Any) -> None:
        self.joined = True

    @property
    def assigned(self) -> list[TP]:
        """The partitions of the four topics that the group has given us."""
        try:
            assignment = self.app.consumer.assignment() if self.app.started else ()
        except ConsumerNotStarted:
            return []
        return sorted(tp for tp in assignment if tp.topic in SOURCE_TOPICS)

    @property
    def partitions(self) -> list[int]:
        """The partition numbers that the group has given us."""
        return sorted({tp.partition for tp in self.assigned})

    def away_at(self) -> float:
        """`time.monotonic()` when Kafka or the schema registry was last seen to be away; whoever waits is not stuck."""
        kafka = self.app.consumer.away_at if self.app.started else -math.inf
        return max(kafka, self.app.partitions.waited_at)

    def lag(self) -> dict[TP, int]:
        """Records from the committed offset to the end, where the end is known."""
        ranges = {tp: self.app.consumer.log_range(tp).lag for tp in self.assigned}
        return {tp: lag for tp, lag in ranges.items() if lag is not None}

    def expired_unread(self) -> dict[TP, int]:
        """How many offsets of each partition that is ours were deleted before they were read."""
        known = self.app.consumer.expired if self.app.started else {}
        return {tp: sum(b - a for a, b in known.get(tp, {}).items()) for tp in self.assigned}

    def event_times(self) -> dict[int, float]:
        """T of each partition number that is open and has one, Unix time in s."""
        clocks = {
            partition: state.event_time.now
            for partition, state in self.app.partitions.opened.items()
        }
        return {partition: now / 1000 for partition, now in clocks.items() if now != NEVER}

    def event_times_ahead(self) -> dict[int, float]:
        """T of each partition number less the wall clock, s."""
        now = self.app.partitions.clock.now_ms() / 1000
        return {partition: time - now for partition, time in self.event_times().items()}

    def crowded_buckets(self) -> dict[int, int]:
        """How many buckets of users and brands are crowded, by partition number that is open."""
        opened = self.app.partitions.opened
        return {partition: state.crowded_buckets for partition, state in opened.items()}

    def newest_records(self) -> dict[TP, float]:
        """Kafka timestamp of the newest record processed of each partition that is ours, Unix time in s, 0 for none."""
        topics = self.app.activity.topics
        return {tp: topics[tp.topic].newest_ms.get(tp.partition, 0) / 1000 for tp in self.assigned}
