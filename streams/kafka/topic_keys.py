"""Do the producers put each key on the partition where the other topics have it?

Kafka leaves the choice to the client. Java's hashes the key with murmur2, and so do we when we publish; librdkafka's
default does not, and the events of one user would lie on different partition numbers in different topics.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.codec import Codec
from schemas.columns import binary
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
#: Some events that somebody put in the wrong place must not keep a worker from starting; a producer must.
STRAYS = 0.1


class Placed(NamedTuple):
    """Where an event lies, and by which key."""

    partition: int
    offset: int
    key: bytes | None
    user_id: bytes


def key_findings(topic: str, partitions: int, events: Sequence[Placed]) -> Iterator[Finding]:
    """What is wrong with the keys of a topic, judged by some of its events. partitions: how many the topic has."""
    keyless = [event for event in events if not event.key]
    others = [event for event in events if event.key and event.key != event.user_id]
    astray = [
        event
        for event in events
        if event.key == event.user_id and partition_of(event.key, partitions) != event.partition
    ]
    for found, what, todo in (
        (keyless, "have no key", "the user_id must be the key of every message."),
        (
            others,
            "have another key than their user_id",
            "the user_id, in UTF-8 and without a header, must be the key of every message.",
        ),
        (
            astray,
            "do not lie on the partition that Java's client picks for their key (murmur2)",
            "set partitioner=murmur2_random in librdkafka clients; docs/kafka.md has the others.",
        ),
    ):
        if found:
            yield Finding(
                f"Of the newest {len(events)} events of {topic}, {len(found)} {what}, as that at offset "
                f"{found[-1].offset} of partition {found[-1].partition}, so events of one user would not meet: {todo}",
                refused=len(found) > STRAYS * len(events),
            )


def newest(settings: Settings, topics: Mapping[str, int], codec: Codec) -> dict[str, list[Placed]]:
    """The events among the newest records of each topic, read without a group.

    What does not decode is no event, and lies nowhere: it goes to the dead letters.
    topics: their numbers of partitions.
    Raises RegistryError.
    """
    return asyncio.run(_newest(settings, topics, codec)) if topics else {}


async def _newest(
    settings: Settings, topics: Mapping[str, int], codec: Codec
) -> dict[str, list[Placed]]:
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
            await _read(consumer, topics, codec, sample)
    except TimeoutError:
        log.warning(
            "Kafka took more than %d s to show the newest records: not all keys were checked.",
            SAMPLE_S,
        )
    finally:
        await consumer.stop()
    return sample


async def _read(
    consumer: AIOKafkaConsumer,
    topics: Mapping[str, int],
    codec: Codec,
    sample: dict[str, list[Placed]],
) -> None:
    """Read the newest records of each partition, up to where it ends now, into the sample."""
    begins = await consumer.beginning_offsets(consumer.assignment())
    ends = await consumer.end_offsets(consumer.assignment())
    for tp, end in ends.items():
        consumer.seek(tp, max(begins[tp], end - -(-SAMPLE // topics[tp.topic])))
    while [tp for tp, end in ends.items() if await consumer.position(tp) < end]:
        found = await consumer.getmany(timeout_ms=POLL_MS, max_records=AT_ONCE)
        for tp, records in found.items():
            sample[tp.topic] += _events(codec, tp, records)


def _events(codec: Codec, tp: TopicPartition, records: Sequence[Any]) -> list[Placed]:
    whole = [record for record in records if not isinstance(record.value, Unread)]
    frame = codec.decode(tp.topic, binary([record.value for record in whole])).frame
    return [
        Placed(tp.partition, whole[row].offset, whole[row].key, user_id.encode())
        for row, user_id in frame.select("row", "user_id").iter_rows()
    ]
