"""The Faust driver of memory:// brokers."""

import asyncio
import time
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, ClassVar

from faust.transport import base
from faust.transport.producer import Producer as BaseProducer
from faust.types import TP
from faust.types.tuples import RecordMetadata

from streams.event_time import LogRange
from streams.partitioning import partition_of
from streams.transport.batching import BatchConsumer, Fetch
from streams.transport.memory.broker import MemoryBroker, broker_of
from streams.transport.memory.group import Group

POLL_S = 0.005
#: As Kafka's fetch.min.bytes and fetch.max.wait.ms: a fetch waits for so many records, so long at most.
FETCH_MIN_RECORDS = 5_000
FETCH_MAX_WAIT_S = 0.1
#: As its max.partition.fetch.bytes.
FETCH_BYTES = 4 << 20


class Consumer(BatchConsumer):
    """Reads the partitions that its group assigns to it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._assigned: set[TP] = set()
        self._positions: dict[TP, int] = {}
        self._waiting_since: float | None = None
        super().__init__(*args, **kwargs)

    @property
    def broker(self) -> MemoryBroker:
        """The broker that the app is connected to."""
        return broker_of(str(self.transport.url[0]))

    @property
    def group(self) -> Group:
        """The consumer group of the app."""
        return self.broker.groups.setdefault(self.app.conf.id, Group(self.broker))

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Join the group; the rebalance that follows assigns the partitions."""
        self.group.join(self, frozenset(topics))

    async def on_stop(self) -> None:
        """Finish what is in flight, commit, and leave the group."""
        await super().on_stop()
        self.group.leave(self)

    def assign(self, assigned: set[TP]) -> None:
        """Take over partitions; called by the group."""
        self._assigned = assigned
        self._positions = {}
        self._waiting_since = None

    async def fetch(self, tps: set[TP], timeout: float) -> dict[TP, Fetch]:
        """What there is of partitions."""
        deadline = time.monotonic() + timeout
        found = self._fetch(tps)
        while not found and time.monotonic() < deadline:
            await asyncio.sleep(POLL_S)
            found = self._fetch(tps)
        return found

    def _fetch(self, tps: set[TP]) -> dict[TP, Fetch]:
        found: dict[TP, Fetch] = {}
        wanted = sorted(tps & self._positions.keys())
        if not self._worth_fetching(wanted):
            return found
        for tp in wanted:
            start = self._positions[tp]
            batch = self.broker.fetch(tp, start, self.app.batch_records, FETCH_BYTES)
            if batch is not None:
                self._positions[tp] = batch.next_offset
                found[tp] = Fetch(start, [batch])
        return found

    def _worth_fetching(self, tps: Iterable[TP]) -> bool:
        """Are there enough records, or any that have waited long enough?"""
        unread = sum(self.log_range(tp).end - self._positions[tp] for tp in tps)
        if unread <= 0:
            return False
        self._waiting_since = self._waiting_since or time.monotonic()
        waited = time.monotonic() - self._waiting_since
        enough = unread >= FETCH_MIN_RECORDS or waited >= FETCH_MAX_WAIT_S
        if enough:
            self._waiting_since = None
        return enough

    def log_range(self, tp: TP) -> LogRange:
        """What the broker holds of a partition."""
        return self.broker.log_range(tp, self.app.conf.id)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        self.broker.commit(self.app.conf.id, offsets)
        return True

    async def read_on_from(self, tp: TP, offset: int) -> None:
        """Fetch from an offset next."""
        if tp in self._positions:
            self._positions[tp] = offset

    def sought(self) -> dict[TP, int]:
        """Where every partition is read on."""
        return self._positions

    async def seek_to_committed(self) -> dict[TP, int]:
        """Read on from the committed offsets."""
        self._positions = self.broker.committed(self.app.conf.id, self._assigned)
        return dict(self._positions)

    async def _seek(self, partition: TP, offset: int) -> None:
        self._positions[partition] = offset

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Read on from the given offsets."""
        self._positions.update(partitions)

    async def position(self, tp: TP) -> int | None:
        """The next offset to read."""
        return self._positions.get(tp)

    def assignment(self) -> set[TP]:
        """The partitions that the group assigned."""
        return self._assigned

    def highwater(self, tp: TP) -> int:
        """The end offset of a partition."""
        return self.log_range(tp).end

    async def highwaters(self, *partitions: TP) -> dict[TP, int]:
        """The end offsets of partitions."""
        return {tp: self.log_range(tp).end for tp in partitions}

    async def earliest_offsets(self, *partitions: TP) -> dict[TP, int]:
        """The first offsets of partitions."""
        return {tp: self.log_range(tp).start for tp in partitions}

    def topic_partitions(self, topic: str) -> int | None:
        """Number of a topic's partitions."""
        return self.broker.partitions(topic) or None

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int:
        """The partition of a key."""
        if partition is not None or key is None:
            return partition or 0
        return partition_of(key, self.broker.partitions(topic))

    async def create_topic(self, topic: str, partitions: int, *_: Any, **__: Any) -> None:
        """Create a topic if it is not there."""
        self.broker.create_topic(topic, partitions)


class Producer(BaseProducer):
    """Appends to the topics at once."""

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Any,
        *,
        transactional_id: str | None = None,
    ) -> Awaitable[RecordMetadata]:
        """Append a message; timestamp in seconds."""
        broker = broker_of(str(self.transport.url[0]))
        if partition is None:
            partition = partition_of(key or b"", broker.partitions(topic))
        time_ms = int((timestamp or time.time()) * 1000)
        offset = broker.append(topic, key, value, time_ms, partition)
        sent: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
        sent.set_result(RecordMetadata(topic, partition, TP(topic, partition), offset))
        return sent

    async def send_and_wait(self, *args: Any, **kwargs: Any) -> RecordMetadata:
        """Append a message."""
        return await (await self.send(*args, **kwargs))

    async def create_topic(self, topic: str, partitions: int, *_: Any, **__: Any) -> None:
        """Create a topic if it is not there."""
        broker_of(str(self.transport.url[0])).create_topic(topic, partitions)

    def key_partition(self, topic: str, key: bytes) -> TP:
        """The partition of a key."""
        broker = broker_of(str(self.transport.url[0]))
        return TP(topic, partition_of(key, broker.partitions(topic)))

    def supports_headers(self) -> bool:
        """Headers are accepted, and not kept."""
        return True


class Transport(base.Transport):
    """memory:// for Faust."""

    Consumer: ClassVar[Any] = Consumer
    Producer: ClassVar[Any] = Producer
    driver_version = "memory"
