"""States made anew from the facts in ClickHouse, as changes under a claim in the changelog of their partitions.

Whoever takes a partition over reads them back like all others. Half of them are no state: until the last has come, no
worker goes on with it. So what interrupts it leaves nothing wrong, and it is done again.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

import polars as pl

from rebuild.held import Held, missed_before, newest, reached
from schemas.errors import BrokerError
from schemas.topics import FORGET_REQUESTS, SOURCE_TOPICS
from sinks.connection import ClickHouse
from streams.changelog import Changelog, Fenced, Ownership
from streams.changelog.kafka import KafkaLog
from streams.clickhouse import check_lookback
from streams.erasure.requests import Request, forgotten_among
from streams.event_time import NEVER, EventTime
from streams.kafka.forgetting import publish_all
from streams.kafka.groups import members
from streams.kafka.topics import administering, check
from streams.partitioning import partition_of
from streams.settings import Settings
from streams.state import Change, Seed, Stage
from streams.state.keys import bucket_of, bucket_start_ms
from streams.timeunits import LATEST_MS
from verify.reading import SourceTopics, Spans

#: Events in one change, at most: even with the longest ids they fit into a message of the changelog.
AT_ONCE = 5_000

#: Called with the share that is done, 0 to 1, and what is being done.
Progress = Callable[[float, str], None]
#: Hashes of the users who are to be forgotten, at this moment.
Forgotten = Callable[[], Collection[str]]
#: Of partitions: topic and number.
Place = tuple[str, int]


@dataclass(slots=True)
class Seeded:
    """What became of it.

    events: that the states hold. held_since: from when on they hold everything, ms; NEVER if that is from the first.
    astray: messages that nobody has read, and that may lie where another number of partitions had put them.
    """

    partitions: int
    events: int = 0
    held_since: int = NEVER
    astray: int = 0
    seconds: float = 0.0


def seed(
    settings: Settings,
    clickhouse: ClickHouse,
    progress: Progress = lambda share, what: None,
) -> Seeded:
    """Make the states of all partition numbers anew. No worker may run.

    Raises: SettingsError, BrokerError, SinkError, StateError.
    """
    begun = time.monotonic()
    _check_alone(settings)
    check_lookback(clickhouse, settings.lookback_days)
    check(settings, (FORGET_REQUESTS, settings.changelog_topic))
    with SourceTopics(settings) as topics:
        spans = topics.committed(None)
        behind = topics.behind(spans)
        places = Places(spans, behind, newest(clickhouse), reached(clickhouse, settings.epoch))
        _spread_requests(settings, topics)
        states = States(settings, clickhouse, places)
        seeded = asyncio.run(_seed(settings, states, lambda: topics.forgotten().keys(), progress))
    if places.of_another_number(settings.partitions):
        seeded.astray = sum(map(len, behind.values()))
    seeded.seconds = time.monotonic() - begun
    return seeded


class Places:
    """Where reading goes on, and event time there.

    spans, behind: what the group has committed of partitions, and what is left of them. newest: of the facts, by topic.
    reached: newest event that was read of a partition, None if it had none. Times in ms.
    """

    def __init__(
        self,
        spans: Spans,
        behind: Spans,
        newest: Mapping[str, int],
        reached: Mapping[Place, int | None],
    ) -> None:
        self._read_to = {(tp.topic, tp.partition): span.end for tp, span in spans.items()}
        self._behind = {(tp.topic, tp.partition) for tp, span in behind.items() if len(span)}
        self._newest = newest
        self._reached = reached

    def read_to(self, partition: int) -> dict[str, int]:
        """Topic → where the group reads on; of those of which it has read something."""
        found = {topic: self._read_to.get((topic, partition), 0) for topic in SOURCE_TOPICS}
        return {topic: offset for topic, offset in found.items() if offset}

    def event_time(self, partition: int) -> EventTime:
        """The clock there. Where nothing is unread it is that of all: else it stood still with users who do nothing."""
        behind = [topic for topic in SOURCE_TOPICS if (topic, partition) in self._behind]
        own = {topic: self._reached.get((topic, partition)) for topic in behind}
        known = {topic: at for topic, at in {**self._newest, **own}.items() if at is not None}
        if behind:
            now = min(known.get(topic, NEVER) for topic in behind)
        else:
            now = max(known.values(), default=NEVER)
        return EventTime(now, known)

    @property
    def earliest(self) -> int:
        """The event time of the topic that is read last, of those that have any facts; NEVER if there are none."""
        slow = {topic for topic, _ in self._behind} & self._newest.keys()
        if slow:
            return min(self._newest[topic] for topic in slow)
        return max(self._newest.values(), default=NEVER)

    def of_another_number(self, partitions: int) -> bool:
        """Were there other partitions when they were read, as far as can be told?"""
        return bool(self._reached) and max(number for _, number in self._reached) + 1 != partitions


class States:
    """What the states of all partition numbers are to hold, as changes."""

    def __init__(self, settings: Settings, clickhouse: ClickHouse, places: Places) -> None:
        self.partitions = range(settings.partitions)
        self._places = places
        self._name = uuid4().hex
        # Buckets are held whole: who is crowded in one is a matter of all that is in it.
        since = max(bucket_of(places.earliest - settings.retention_ms), 0)
        self._held = Held(clickhouse, bucket_start_ms(since), LATEST_MS)
        self.held_since = missed_before(clickhouse, bucket_start_ms(since))

    def each(self) -> Iterator[tuple[float, list[pl.DataFrame]]]:
        """See `Held.each`."""
        return self._held.each()

    def change(self, number: int, stage: Stage, events: Sequence[pl.DataFrame] = ()) -> Change:
        """Some events of a partition number. Each change tells where the state stands when it is whole."""
        places = self._places
        made = Change.of(events, places.read_to(number), places.event_time(number), self.held_since)
        return replace(made, seed=Seed(self._name, stage))


async def _seed(
    settings: Settings, states: States, forgotten: Forgotten, progress: Progress
) -> Seeded:
    log = KafkaLog(settings)
    await log.start()
    try:
        return await seed_into(
            Changelog(log, settings.epoch, settings.partitions), states, forgotten, progress
        )
    finally:
        await log.stop()


async def seed_into(
    changelog: Changelog, states: States, forgotten: Forgotten, progress: Progress
) -> Seeded:
    """Write the changes into a changelog.

    Raises: BrokerError, if a worker takes a partition over meanwhile; what the log and ClickHouse raise.
    """
    seeded = Seeded(len(states.partitions), held_since=states.held_since)
    owned = [await changelog.claim(number) for number in states.partitions]
    try:
        await _append(owned, [[states.change(n, Stage.FIRST)] for n in states.partitions])
        for share, events in states.each():
            events = _without(events, forgotten())
            placed = _placed(events, len(states.partitions))
            await _append(
                owned,
                [
                    [states.change(n, Stage.MORE, some) for some in _cut(placed[n])]
                    for n in states.partitions
                ],
            )
            seeded.events += sum(map(len, events))
            progress(share, f"{seeded.events:,} events")
        await _append(owned, [[states.change(n, Stage.LAST)] for n in states.partitions])
    except Fenced as reason:
        raise BrokerError(
            f"A worker has taken a partition over meanwhile ({reason}): stop all workers, and repeat the command. "
            "Until it has come to its end, workers refuse the states that are half."
        ) from reason
    return seeded


async def _append(owned: Sequence[Ownership], changes: Sequence[Sequence[Change]]) -> None:
    """Those of each partition number one after another, all partition numbers at once."""

    async def of_one(owner: Ownership, theirs: Sequence[Change]) -> None:
        for change in theirs:
            await owner.append(change)

    await asyncio.gather(*map(of_one, owned, changes))


def _placed(events: Sequence[pl.DataFrame], partitions: int) -> list[list[pl.DataFrame]]:
    """Events by the partition number of their users."""
    users = pl.concat([some["user_id"] for some in events]).unique()
    of = [partition_of(user.encode(), partitions) for user in users]
    places = pl.DataFrame({"user_id": users, "number": pl.Series(of, dtype=pl.Int64)})
    placed = [some.join(places, on="user_id") for some in events]
    return [
        [some.filter(pl.col("number") == number).drop("number") for some in placed]
        for number in range(partitions)
    ]


def _cut(events: Sequence[pl.DataFrame]) -> Iterator[list[pl.DataFrame]]:
    """Some at a time."""
    for some in events:
        for piece in some.iter_slices(AT_ONCE):
            yield [piece]


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
                f"One that has crashed is missed by Kafka after {settings.session_timeout_s:g} s."
            )


def _spread_requests(settings: Settings, topics: SourceTopics) -> None:
    """Have all partitions of the requests to forget know all of them: with the number of partitions users move.

    The id of a user stays in the partition of the user alone, where it is removed once all else is.
    """
    known = {
        number: {request.hash: request for request in requests}
        for number, requests in topics.requests().items()
    }
    latest: dict[str, Request] = {}
    for request in (one for of_one in known.values() for one in of_one.values()):
        if request.user_id is not None or request.hash not in latest:
            latest[request.hash] = request
    missing = [
        (number, wanted)
        for number, held in known.items()
        for request in latest.values()
        if (wanted := _as_there(request, number, len(known))) != held.get(request.hash)
    ]
    if missing:
        publish_all(settings, missing)


def _as_there(request: Request, number: int, partitions: int) -> Request:
    """A request as a partition number is to have it."""
    user = request.user_id
    here = user is not None and partition_of(user.encode(), partitions) == number
    return request if here else request.fulfilled()
