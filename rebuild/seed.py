"""States made anew from the facts in ClickHouse, as changes under a claim in the changelog of their partitions.

Whoever takes a partition over reads them back like all others. Half of them are no state: until the last has come,
nothing that lies before is said to be held.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import polars as pl
from kafka import KafkaProducer
from kafka.errors import KafkaError

from rebuild.held import Held, newest
from schemas.errors import BrokerError
from schemas.topics import FORGET_REQUESTS, SOURCE_TOPICS
from sinks.connection import ClickHouse
from streams.changelog import Changelog, Ownership
from streams.changelog.kafka import KafkaLog
from streams.clickhouse import check_lookback
from streams.erasure.requests import Request, forgotten_among
from streams.event_time import NEVER, EventTime
from streams.kafka.access import TIMEOUT_MS, kafka_python_options
from streams.kafka.groups import members
from streams.kafka.topics import administering
from streams.partitioning import partition_of
from streams.settings import Settings
from streams.state import Change, Seed
from streams.state.keys import bucket_of, bucket_start_ms
from streams.timeunits import LATEST_MS
from verify.reading import SourceTopics, Spans

#: Called with the share that is done, 0 to 1, and what is being done.
Progress = Callable[[float, str], None]
#: Topic → offset, or time in ms.
OfTopic = Mapping[str, int]


@dataclass(slots=True)
class Seeded:
    """What became of it. events: that the states hold. held_since: from when on they hold everything, ms."""

    partitions: int
    events: int = 0
    held_since: int = NEVER
    seconds: float = 0.0


def seed(
    settings: Settings,
    clickhouse: ClickHouse,
    progress: Progress = lambda share, what: None,
) -> Seeded:
    """Make the states of all partition numbers anew. No worker may run; their folders are to be empty or as they were.

    Raises: SettingsError, BrokerError, SinkError, StateError.
    """
    begun = time.monotonic()
    _check_alone(settings)
    check_lookback(clickhouse, settings.lookback_days)
    with SourceTopics(settings) as topics:
        spans = topics.committed(None)
        places = _Places(settings.partitions, spans, topics.behind(spans), newest(clickhouse))
        seeded = Seeded(settings.partitions, held_since=_since(settings, places))
        _spread_requests(settings, topics)
        asyncio.run(_seed(settings, clickhouse, topics, places, seeded, progress))
    seeded.seconds = time.monotonic() - begun
    return seeded


class _Places:
    """Where reading goes on, and event time there."""

    def __init__(self, partitions: int, spans: Spans, behind: Spans, newest: OfTopic) -> None:
        self._partitions = range(partitions)
        self._read_to = {(tp.topic, tp.partition): span.end for tp, span in spans.items()}
        self._behind = {(tp.topic, tp.partition) for tp, span in behind.items() if len(span)}
        self._newest = newest

    def read_to(self, partition: int) -> dict[str, int]:
        """Topic → where the group reads on; of those of which it has read something."""
        found = {topic: self._read_to.get((topic, partition), 0) for topic in SOURCE_TOPICS}
        return {topic: offset for topic, offset in found.items() if offset}

    def event_time(self, partition: int) -> EventTime:
        """The clock of all: that of users who have done nothing lately must not stand still."""
        slow = [at for topic, at in self._newest.items() if (topic, partition) in self._behind]
        now = min(slow) if slow else max(self._newest.values(), default=NEVER)
        return EventTime(now, dict(self._newest))

    @property
    def earliest(self) -> int:
        """Event time of the slowest."""
        return min(self.event_time(number).now for number in self._partitions)


def _since(settings: Settings, places: _Places) -> int:
    """From when on states hold everything, ms: where one of their buckets begins."""
    earliest = places.earliest
    if earliest == NEVER:
        return NEVER
    return bucket_start_ms(max(bucket_of(earliest - settings.retention_ms), 0))


async def _seed(
    settings: Settings,
    clickhouse: ClickHouse,
    topics: SourceTopics,
    places: _Places,
    seeded: Seeded,
    progress: Progress,
) -> None:
    log = KafkaLog(settings)
    await log.start()
    try:
        changelog = Changelog(log, settings.epoch)
        owned = [await changelog.claim(number) for number in range(settings.partitions)]
        for each in owned:
            await each.append(_change([], Seed.FIRST, missed_before=places.earliest + 1))
        if seeded.held_since != NEVER:
            held = Held(clickhouse, seeded.held_since, LATEST_MS)
            for share, events in held.each():
                events = _without(events, topics.forgotten().keys())
                await _append(owned, events, settings.partitions)
                seeded.events += sum(map(len, events))
                progress(share, f"{seeded.events:,} events")
        for number, each in enumerate(owned):
            last = _change(
                [],
                Seed.LAST,
                places.read_to(number),
                places.event_time(number),
                seeded.held_since,
            )
            await each.append(last)
    finally:
        await log.stop()


async def _append(owned: list[Ownership], events: list[pl.DataFrame], partitions: int) -> None:
    """Each event to the partition number of its user."""
    users = pl.concat([some["user_id"] for some in events]).unique()
    of = [partition_of(user.encode(), partitions) for user in users]
    places = pl.DataFrame({"user_id": users, "partition": of})
    placed = [some.join(places, on="user_id") for some in events]
    for number, each in enumerate(owned):
        theirs = [some.filter(pl.col("partition") == number).drop("partition") for some in placed]
        if any(map(len, theirs)):
            await each.append(_change(theirs, Seed.MORE))


def _change(
    events: list[pl.DataFrame],
    which: Seed,
    read_to: OfTopic | None = None,
    event_time: EventTime | None = None,
    missed_before: int = NEVER,
) -> Change:
    made = Change.of(events, read_to or {}, event_time or EventTime(), missed_before)
    return replace(made, seed=which)


def _without(events: list[pl.DataFrame], hashes: Collection[str]) -> list[pl.DataFrame]:
    """Without what is of users who are to be forgotten."""
    users = pl.concat([some["user_id"] for some in events]).unique().to_list()
    left_out = forgotten_among(users, frozenset(hashes))
    if not left_out:
        return events
    return [some.filter(~pl.col("user_id").is_in(list(left_out))) for some in events]


def _check_alone(settings: Settings) -> None:
    """A worker would go on with the state that it has, until it is fenced."""
    with administering(settings) as admin:
        if running := members(admin, settings.group):
            raise BrokerError(
                f"{len(running)} workers of the group {settings.group} are running: stop them first, all of them. "
                "After a crash, Kafka takes a session (45 s) to notice."
            )


def _spread_requests(settings: Settings, topics: SourceTopics) -> None:
    """Have all partitions of the requests to forget know all of them: with the number of partitions users move."""
    known = {
        number: {request.hash for request in requests}
        for number, requests in topics.requests().items()
    }
    everybody = set[str]().union(*known.values())
    try:
        with KafkaProducer(**kafka_python_options(settings), acks="all") as producer:
            sent = [
                producer.send(FORGET_REQUESTS, key=one.key, value=one.to_bytes(), partition=number)
                for number in range(settings.partitions)
                for one in map(Request, sorted(everybody - known[number]))
            ]
            for each in sent:
                each.get(TIMEOUT_MS / 1000)
    except KafkaError as error:
        raise BrokerError(
            f"Kafka at {settings.broker} did not take the requests to forget users ({type(error).__name__}: {error}): "
            "check the address and `zhongcao topics check`, and repeat the command."
        ) from error
