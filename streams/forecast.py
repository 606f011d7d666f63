"""What workers will make of events, told before they have them: used, refused and why, or late.

Validity is judged as workers do. Whether an event will be late depends on what else workers read: it counts as late
here if its partition is known to be complete until after it, or if an event that was sent before is newer by more than
the allowed lateness.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

import numpy as np

from schemas.codec import Codec
from schemas.columns import binary
from schemas.errors import SinkError
from schemas.registry import DirectoryRegistry
from schemas.topics import SourceEvent
from sinks.ask import ask
from sinks.connection import ClickHouse
from streams.partitioning import partition_of
from streams.settings import Settings
from streams.timeunits import shanghai_day
from streams.validate import validate
from streams.wall_clock import machine_ms

#: Events are judged so many at once, or those that have come in so many seconds.
STEP, STEP_S = 1_000, 1.0

_COMPLETE = """
SELECT `partition`, toUnixTimestamp64Milli(assumeNotNull(max(complete_until))) AS until
FROM freshness GROUP BY `partition` HAVING max(complete_until) IS NOT NULL
"""


class Forecast:
    """Counts what will become of events that pass by.

    complete_until: partition → whatever comes of the time before is too late, ms.
    dated: whether the events keep their own Kafka timestamps; else they are dated when they are sent.
    told: called with the first event that will be late.

    used: events that are valid, late ones included. refused: the others, by reason and what is wrong.
    late: how many events are late. days, brands: of these, days since 1970-01-01.
    """

    def __init__(
        self,
        settings: Settings,
        complete_until: Mapping[int, int] | None = None,
        *,
        dated: bool = False,
        told: Callable[[SourceEvent], None] = lambda event: None,
    ) -> None:
        self.used = self.late = 0
        self.refused: Counter[str] = Counter()
        self.days: set[int] = set()
        self.brands: set[str] = set()
        self._codec = Codec(DirectoryRegistry())
        self._lateness_ms = settings.allowed_lateness_ms
        self._until = dict(complete_until or {})
        self._partition_of = lru_cache(100_000)(
            lambda user_id: partition_of(user_id.encode(), settings.partitions)
        )
        self._dated = dated
        self._told = told

    def watch(self, events: Iterable[SourceEvent]) -> Iterator[SourceEvent]:
        """The events, each as soon as it comes; all are judged when the last one was."""
        waiting: list[SourceEvent] = []
        judged_at = time.monotonic()
        for event in events:
            yield event
            waiting.append(event)
            if len(waiting) == STEP or time.monotonic() - judged_at > STEP_S:
                self._judge(waiting)
                waiting, judged_at = [], time.monotonic()
        self._judge(waiting)

    def _judge(self, events: list[SourceEvent]) -> None:
        valid = set(range(len(events)))
        for topic in {event.topic for event in events}:
            places = [place for place, event in enumerate(events) if event.topic == topic]
            valid -= {places[row] for row in self._refuse(topic, [events[at] for at in places])}
        for place in sorted(valid):
            self._use(events[place])

    def _refuse(self, topic: str, events: list[SourceEvent]) -> Iterator[int]:
        """Which of a topic's events break a rule; they are counted."""
        now_ms = machine_ms()
        values = binary([self._codec.encode(topic, event.record) for event in events])
        own = [event.timestamp if self._dated else None for event in events]
        timestamps = np.array([now_ms if at is None else at for at in own], np.int64)
        _, rejects = validate(self._codec.decode(topic, values).frame, timestamps, now_ms)
        for reject in rejects:
            self.refused[f"{reject.reason}: {reject.detail}"] += 1
            yield reject.row

    def _use(self, event: SourceEvent) -> None:
        self.used += 1
        at, number = event.record["occurred_at"], self._partition_of(event.record["user_id"])
        until = self._until.get(number)
        if until is not None and at < until:
            self.late += 1
            self.days.add(shanghai_day(at))
            self.brands.add(event.record["brand_id"])
            if self.late == 1:
                self._told(event)
        elif until is None or at - self._lateness_ms > until:
            self._until[number] = at - self._lateness_ms


def complete_until(clickhouse: ClickHouse) -> Mapping[int, int] | None:
    """Partition → the time until which everything is complete, ms; None where ClickHouse cannot tell."""
    try:
        return {row["partition"]: row["until"] for row in ask(clickhouse, _COMPLETE)}
    except SinkError:
        return None
