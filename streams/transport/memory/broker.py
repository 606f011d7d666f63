"""Topics in memory: append-only partitions, committed offsets per group."""

import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import numpy as np
from faust.types import TP

from schemas.columns import binary
from schemas.errors import SettingsError
from streams.batch import Batch, bounded_times
from streams.event_time import LogRange
from streams.partitioning import partition_of
from streams.transport.expansion import MESSAGE_BYTES, Record, cut, plain_values
from streams.transport.memory.group import Group


class Message(NamedTuple):
    """What is published; timestamp in ms."""

    topic: str
    key: bytes
    value: bytes | None
    timestamp: int


@dataclass(slots=True)
class _Log:
    """One partition.

    start: the offset of its first record that is still held. sizes: of key and value together; bytes: their sum.
    """

    start: int = 0
    timestamps: list[int] = field(default_factory=list)
    keys: list[bytes | None] = field(default_factory=list)
    values: list[bytes | None] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    bytes: int = 0

    @property
    def end(self) -> int:
        return self.start + len(self.values)

    def append(self, record: Record) -> None:
        size = len(record.key or b"") + len(record.value or b"")
        self.timestamps.append(record.timestamp)
        self.keys.append(record.key)
        self.values.append(record.value)
        self.sizes.append(size)
        self.bytes += size

    def span(self, offset: int, max_records: int, max_bytes: int) -> slice:
        """Where the records from an offset on lie; one of them, whatever its size."""
        first = max(offset - self.start, 0)
        sizes = np.cumsum(self.sizes[first : first + max_records])
        return slice(first, first + max(int(np.searchsorted(sizes, max_bytes, "right")), 1))

    def trim(self, offset: int) -> None:
        count = min(max(offset - self.start, 0), len(self.values))
        self.bytes -= sum(self.sizes[:count])
        for column in (self.timestamps, self.keys, self.values, self.sizes):
            del column[:count]
        self.start += count


class MemoryBroker:
    """The topics of one memory:// URL. Its methods may be called from any thread.

    Records are dropped once every group has committed them.

    groups: the consumer groups by name.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._logs: dict[str, list[_Log]] = {}
        self._committed: dict[str, dict[TP, int]] = defaultdict(dict)
        self.groups: dict[str, Group] = {}

    def create_topic(self, topic: str, partitions: int, starts: Mapping[int, int] = {}) -> None:
        """Create a topic if it is not there. starts: partition → its first offset, 0 where not given."""
        with self._lock:
            if topic not in self._logs:
                self._logs[topic] = [_Log(starts.get(p, 0)) for p in range(partitions)]

    def topics(self) -> list[str]:
        """Names of all topics."""
        return list(self._logs)

    def partitions(self, topic: str) -> int:
        """Number of a topic's partitions; 0 if there is no such topic."""
        return len(self._logs.get(topic, ()))

    def append(
        self, topic: str, key: bytes | None, value: bytes | None, timestamp: int, partition: int
    ) -> int:
        """Add a record; its offset. timestamp in ms. Of one that is too large, its beginning is kept."""
        record = Record(0, timestamp, 0, key, value)
        record = cut(record, len(key or b""), len(value or b""), MESSAGE_BYTES)
        with self._lock:
            log = self._logs[topic][partition]
            log.append(record)
            return log.end - 1

    def publish(self, topic: str, key: bytes, value: bytes | None, timestamp: int) -> None:
        """Add a record to the partition of its key."""
        self.append(topic, key, value, timestamp, partition_of(key, self.partitions(topic)))

    def publish_all(self, messages: Iterable[Message]) -> None:
        """Add many. Whoever reads meanwhile finds all of them or none."""
        with self._lock:
            for message in messages:
                self.publish(*message)

    def fetch(self, tp: TP, offset: int, max_records: int, max_bytes: int) -> Batch | None:
        """Records from an offset on; None if there are none yet. max_bytes: of keys and values, or one record."""
        with self._lock:
            log = self._logs[tp.topic][tp.partition]
            first = max(offset, log.start)
            at = log.span(offset, max_records, max_bytes)
            values = log.values[at]
            if not values:
                return None
            values, faults = plain_values(range(first, first + len(values)), values)
            return Batch(
                topic=tp.topic,
                partition=tp.partition,
                offsets=np.arange(first, first + len(values), dtype=np.int64),
                timestamps=bounded_times(np.array(log.timestamps[at], dtype=np.int64)),
                keys=binary(log.keys[at]),
                values=binary(values),
                next_offset=first + len(values),
                faults=faults,
            )

    def end(self, tp: TP) -> int:
        """The offset behind the last record of a partition."""
        with self._lock:
            log: _Log = self._logs[tp.topic][tp.partition]
            return log.end

    def log_range(self, tp: TP, group: str) -> LogRange:
        """What is held of a partition, and how far a group has committed it."""
        with self._lock:
            log = self._logs[tp.topic][tp.partition]
            return LogRange(log.start, log.end, self._committed[group].get(tp, log.start))

    def commit(self, group: str, offsets: Mapping[TP, int]) -> None:
        """Commit offsets of a group, and drop what no group needs any more."""
        with self._lock:
            self._committed[group].update(offsets)
            for tp in offsets:
                self._logs[tp.topic][tp.partition].trim(
                    min(of_group.get(tp, 0) for of_group in self._committed.values())
                )

    def discard(self, topic: str) -> None:
        """Drop what a topic holds that nobody reads."""
        with self._lock:
            for log in self._logs[topic]:
                log.trim(log.end)

    def committed(self, group: str, tps: Iterable[TP]) -> dict[TP, int]:
        """The committed offsets of a group; where there is none, the first offset held."""
        with self._lock:
            known = self._committed[group]
            return {tp: known.get(tp, self._logs[tp.topic][tp.partition].start) for tp in tps}

    def backlog(self, topics: Iterable[str]) -> int:
        """How many records of some topics are held: those not committed by every group."""
        with self._lock:
            return sum(len(log.values) for topic in topics for log in self._logs.get(topic, ()))

    def backlog_bytes(self, topics: Iterable[str]) -> int:
        """How many bytes their keys and values have."""
        with self._lock:
            return sum(log.bytes for topic in topics for log in self._logs.get(topic, ()))


_brokers: dict[str, MemoryBroker] = {}


def broker_of(url: str) -> MemoryBroker:
    """The broker behind memory://NAME; every name (of lower-case letters and digits) has one of its own."""
    name = urlsplit(url).netloc
    if not re.fullmatch("[a-z0-9-]+", name):
        raise SettingsError(
            f"broker is {url!r} but a name in memory:// has lower-case letters, digits and hyphens only."
        )
    return _brokers.setdefault(name, MemoryBroker())


@contextmanager
def fresh_broker() -> Iterator[tuple[str, MemoryBroker]]:
    """A broker that nobody else knows, with its URL; it is gone afterwards."""
    name = uuid4().hex
    try:
        yield f"memory://{name}", broker_of(f"memory://{name}")
    finally:
        del _brokers[name]
