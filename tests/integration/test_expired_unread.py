"""What Kafka deleted before it was read is told, with its offsets; partitions that are added end the worker."""

import asyncio
import logging
from collections.abc import Callable

import pytest
from faust.types import TP
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.admin import NewPartitions
from local_kafka import LocalKafka

from schemas.codec import Codec
from schemas.errors import BrokerError
from schemas.registry import DirectoryRegistry
from schemas.topics import NOTE_VIEWS
from sinks.memory import MemorySink
from streams.app import App
from streams.kafka import topics
from streams.partitions import Partitions
from streams.settings import Settings

TIMEOUT_S = 120
ZERO = TP(NOTE_VIEWS, 0)


@pytest.fixture(scope="module")
def kafka(own_kafka: LocalKafka) -> LocalKafka:
    """A broker of this file's own: records are deleted, and partitions added."""
    return own_kafka


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.05)


def worker(settings: Settings, sink: MemorySink) -> App:
    return App(settings, Partitions(settings, Codec(DirectoryRegistry())), sink)


def publish(settings: Settings, count: int) -> None:
    with KafkaProducer(bootstrap_servers=settings.broker_hosts) as producer:
        for _ in range(count):
            producer.send(NOTE_VIEWS, key=b"k", value=b"junk", partition=0)


def expire(settings: Settings, before: int) -> None:
    with KafkaAdminClient(bootstrap_servers=settings.broker_hosts) as admin:
        admin.delete_records({TopicPartition(NOTE_VIEWS, 0): before})


async def read(settings: Settings, count: int) -> dict[int, int]:
    """Read so many records; what had expired."""
    sink = MemorySink()
    app = worker(settings, sink)
    await app.start()
    await eventually(lambda: app.processed >= count)
    await app.consumer.commit()
    found = dict(app.consumer.expired[ZERO])
    lost = [row["expired_unread"] for row in sink.rows("progress")]
    assert sum(lost) == sum(behind - first for first, behind in found.items())
    await app.stop()
    assert app.crash_reason is None
    return found


def test_what_expired(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    topics.create(settings, replication=1)
    publish(settings, 10)
    # Nobody has committed anything: whoever begins, begins with what there is.
    expire(settings, 4)
    assert asyncio.run(read(settings, 6)) == {}
    publish(settings, 20)
    expire(settings, 17)
    with caplog.at_level(logging.WARNING, logger="streams.transport.batching"):
        assert asyncio.run(read(settings, 13)) == {10: 17}
    [line] = [record for record in caplog.records if "expired before" in record.message]
    told = (line.topic, line.partition, line.first_offset, line.last_offset)  # type: ignore[attr-defined]
    assert told == (NOTE_VIEWS, 0, 10, 16)
    assert asyncio.run(read(settings, 0)) == {}


def test_partitions_that_are_added_end_a_worker(settings: Settings) -> None:
    topics.create(settings, replication=1)

    async def scenario() -> BaseException | None:
        app = worker(settings, MemorySink())
        await app.start()
        await eventually(lambda: bool(app.consumer.assignment()))
        await asyncio.to_thread(add)
        await eventually(lambda: app.should_stop)
        reason = app.crash_reason
        await app.stop()
        return reason

    def add() -> None:
        with KafkaAdminClient(bootstrap_servers=settings.broker_hosts) as admin:
            admin.create_partitions({NOTE_VIEWS: NewPartitions(settings.partitions + 2)})

    reason = asyncio.run(scenario())
    with pytest.raises(
        BrokerError, match=r"note-views has 6 partitions, but partitions is 4"
    ) as found:
        topics.check(settings)
    assert str(reason) == str(found.value).splitlines()[0]
