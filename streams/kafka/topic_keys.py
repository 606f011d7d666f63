"""Do the producers put each key on the partition where the other topics have it?

Kafka leaves the choice to the client. Java's hashes the key with murmur2, and so do we when we publish; librdkafka's
default does not, and the events of one user would lie on different partition numbers in different topics.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.kafka.access import TIMEOUT_MS, aiokafka_options
from streams.kafka.topic_rules import Finding
from streams.partitioning import partition_of
from streams.settings import Settings
from streams.transport import fetches
from streams.transport.expansion import Unread

log = logging.getLogger(__name__)

#: How many of the newest records of a topic are looked at, about, and for how long at most.
SAMPLE = 200
SAMPLE_S = 10
FETCH_BYTES = 2**16
POLL_MS = 200
#: Records that are taken at once: any of them may be large.
AT_ONCE = 4
#: A single record that somebody put in the wrong place must not keep workers from starting; a producer must.
STRAYS = 0.1


class Placed(NamedTuple):
    """Where a record lies, and where its key belongs. belongs: the partition; None without a key."""

    partition: int
    offset: int
    belongs: int | None

    @classmethod
    def of(cls, partition: int, offset: int, key: bytes | None, partitions: int) -> Self:
        """That of a record of a topic with so many partitions."""
        return cls(partition, offset, partition_of(key, partitions) if key else None)


def key_findings(topic: str, sample: Iterable[Placed]) -> Iterator[Finding]:
    """What is wrong with the keys of a topic, judged by some of its records."""
    records = list(sample)
    keyless = [record for record in records if record.belongs is None]
    astray = [r for r in records if r.belongs not in (None, r.partition)]
    for found, what, todo in (
        (keyless, "have no key", "the user_id must be the key of every message."),
        (
            astray,
            "do not lie on the partition that Java's client picks for their key (murmur2)",
            "set partitioner=murmur2_random in librdkafka clients; docs/kafka.md has the others.",
        ),
    ):
        if found:
            partition, offset, _ = found[-1]
            yield Finding(
                f"Of the newest {len(records)} records of {topic}, {len(found)} {what}, as that at offset {offset} "
                f"of partition {partition}, so events of one user would not meet: {todo}",
                refused=len(found) > STRAYS * len(records),
            )


def newest(settings: Settings, topics: Mapping[str, int]) -> dict[str, list[Placed]]:
    """Some of the newest records of each topic, read without a group.

    topics: their numbers of partitions.
    """
    return asyncio.run(_newest(settings, topics)) if topics else {}


async def _newest(settings: Settings, topics: Mapping[str, int]) -> dict[str, list[Placed]]:
    # aiokafka brings every compression that producers may use, kafka-python does not.
    consumer = fetches.consumer(
        **aiokafka_options(settings),
        enable_auto_commit=False,
        max_partition_fetch_bytes=FETCH_BYTES,
        request_timeout_ms=TIMEOUT_MS,
    )
    consumer.assign([TopicPartition(topic, p) for topic, n in topics.items() for p in range(n)])
    sample: dict[str, list[Placed]] = {topic: [] for topic in topics}
    try:
        await consumer.start()
        async with asyncio.timeout(SAMPLE_S):
            await _read(consumer, topics, sample)
    except TimeoutError:
        log.warning(
            "Kafka took more than %d s to show the newest records: not all keys were checked.",
            SAMPLE_S,
        )
    finally:
        await consumer.stop()
    return sample


async def _read(
    consumer: AIOKafkaConsumer, topics: Mapping[str, int], sample: dict[str, list[Placed]]
) -> None:
    """Read the newest records of each partition, up to where it ends now, into the sample."""
    begins = await consumer.beginning_offsets(consumer.assignment())
    ends = await consumer.end_offsets(consumer.assignment())
    for tp, end in ends.items():
        consumer.seek(tp, max(begins[tp], end - -(-SAMPLE // topics[tp.topic])))
    while [tp for tp, end in ends.items() if await consumer.position(tp) < end]:
        found = await consumer.getmany(timeout_ms=POLL_MS, max_records=AT_ONCE)
        for tp, records in found.items():
            sample[tp.topic] += [
                Placed.of(tp.partition, r.offset, r.key, topics[tp.topic])
                for r in records
                if not isinstance(r.value, Unread)
            ]
