"""Messages: events encoded for their topic, damaged ones too, in partitioned logs, and as rows of the oracle."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from schemas.codec import Codec
from schemas.columns import binary
from schemas.registry import DirectoryRegistry
from schemas.rejects import Reason
from schemas.topics import NOTE_SAVES, SourceEvent
from streams.batch import Batch
from streams.event_time import LogRange
from streams.partitioning import partition_of
from verify.messages import columns_of

CODEC = Codec(DirectoryRegistry())

#: Topic and partition.
Log = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a topic. damage: the reason code if it cannot be decoded, else empty."""

    topic: str
    key: bytes
    value: bytes | None
    timestamp: int
    record: dict[str, Any]
    damage: str = ""

    @property
    def row(self) -> dict[str, Any]:
        """Its columns of the oracle's table `messages`, except where it lies and when it was read."""
        return {
            **columns_of(self.topic, {} if self.damage else self.record),
            "topic": self.topic,
            "kafka_timestamp": self.timestamp,
            "key": self.key,
            "payload": self.value,
            "damage": self.damage,
        }


def encoded(event: SourceEvent) -> Message:
    """An event as a producer sends it."""
    assert event.timestamp is not None
    value = CODEC.encode(event.topic, event.record)
    return Message(
        event.topic, event.record["user_id"].encode(), value, event.timestamp, event.record
    )


def damaged(event: SourceEvent, reason: Reason) -> Message:
    """The message of an event, made undecodable in one of the ways there are."""
    good = encoded(event)
    assert good.value is not None
    value = {
        Reason.NOT_WIRE_FORMAT: None if event.topic == NOTE_SAVES else b"\x01" + good.value[1:],
        Reason.UNKNOWN_SCHEMA: b"\x00\x00\x00\x03\xe7" + good.value[5:],
        Reason.UNDECODABLE: good.value[:-1],
    }[reason]
    return Message(good.topic, good.key, value, good.timestamp, good.record, reason)


class Logs:
    """Partitioned logs of all topics. Everything is published before anything is read."""

    def __init__(self, messages: Iterable[Message], partitions: int) -> None:
        self.partitions = range(partitions)
        self._logs: dict[tuple[str, int], list[Message]] = defaultdict(list)
        for message in messages:
            self._logs[message.topic, partition_of(message.key, partitions)].append(message)

    def topics(self, partition: int) -> list[str]:
        """The topics with messages in a partition."""
        return [topic for topic, number in self._logs if number == partition]

    def length(self, topic: str, partition: int) -> int:
        return len(self._logs.get((topic, partition), ()))

    def ranges(
        self, partition: int, committed: Mapping[tuple[str, int], int]
    ) -> dict[str, LogRange]:
        """What the pipeline is told about a partition. committed: (topic, partition) → offset."""
        return {
            topic: LogRange(0, self.length(topic, partition), committed.get((topic, partition), 0))
            for topic in self.topics(partition)
        }

    def batch(self, topic: str, partition: int, first: int, count: int) -> Batch:
        messages = self._logs[topic, partition][first : first + count]
        return Batch(
            topic=topic,
            partition=partition,
            offsets=np.arange(first, first + len(messages), dtype=np.int64),
            timestamps=np.array([message.timestamp for message in messages], dtype=np.int64),
            keys=binary([message.key for message in messages]),
            values=binary([message.value for message in messages]),
            next_offset=first + len(messages),
        )

    def rows(self, batch: Batch) -> list[dict[str, Any]]:
        """A batch as rows of `messages`, except `seq`."""
        log = self._logs[batch.topic, batch.partition]
        return [
            log[offset].row | {"partition": batch.partition, "offset": offset}
            for offset in batch.offsets.tolist()
        ]
