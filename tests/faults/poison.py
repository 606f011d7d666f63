"""Record batches that no client library makes: that expand to much, hold nothing, or lie about their time."""

import asyncio
import time
from collections.abc import Sequence
from random import Random

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidTimestampError
from expanding import GZIP, LZ4, NONE, ZSTD, Field, expanding

from faults.traffic import IN_2099, Published
from schemas.topics import SOURCE_TOPICS
from streams.partitioning import partition_of
from streams.settings import Settings

#: More than a message may have, and many times what it takes on its way.
EXPANDED = 24 << 20
NO_TIMESTAMP = -1
KEYLESS = 300


def poisoned(rng: Random, settings: Settings, sent: Sequence[Published]) -> None:
    """Publish a batch with something bad between two good messages, which were sent before.

    Beyond what the topics accept, Kafka must refuse it.
    """
    good = rng.choice([message for message in sent if message.value and message.key != b"junk"])
    partition = partition_of(good.key, settings.partitions)
    again = (good.key, good.value or b"")
    bad, codec = _bad(rng)
    now = int(time.time() * 1000)
    batch = expanding([again, *bad, again], codec, rng.choice([now, now, NO_TIMESTAMP]))
    asyncio.run(_send(settings, good.topic, partition, batch))
    try:
        asyncio.run(_send(settings, good.topic, partition, expanding([again], NONE, IN_2099)))
    except InvalidTimestampError:
        return
    raise AssertionError(f"{good.topic} took a message that is dated 2099")


def without_keys(rng: Random, settings: Settings) -> None:
    """Publish more records without a key, in one partition, than the check of a start looks at."""
    batch = expanding([(b"", b"")] * KEYLESS, NONE, int(time.time() * 1000))
    partition = rng.randrange(settings.partitions)
    asyncio.run(_send(settings, rng.choice(SOURCE_TOPICS), partition, batch))


def _bad(rng: Random) -> tuple[Sequence[tuple[Field, Field]], int]:
    ways: list[Sequence[tuple[Field, Field]]] = [
        [(b"junk", EXPANDED)],
        [(EXPANDED, b"junk")],
        [(b"junk", 2 << 20)] * 10,
        [(b"", b"")] * 2,
        [(0, rng.randbytes(20))] * KEYLESS,
    ]
    return rng.choice(ways), rng.choice([GZIP, LZ4, ZSTD])


async def _send(settings: Settings, topic: str, partition: int, batch: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker_hosts)
    await producer.start()
    try:
        made = producer.create_batch()
        made.append(timestamp=None, key=b"", value=b"")
        made._buffer = batch
        made.close()
        await (await producer.send_batch(made, topic, partition=partition))
    finally:
        await producer.stop()
