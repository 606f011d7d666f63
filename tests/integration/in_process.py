"""Workers within the test's own process on a real broker, and what happens to its partitions 0 meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from faust.types import TP
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.errors import CoordinatorNotAvailableError, NoError
from waiting import delete_topics, wait_until

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.topics import NOTE_VIEWS, SOURCE_TOPICS
from sinks.memory import MemorySink
from streams.app import App
from streams.kafka import topics
from streams.partitions import Partitions
from streams.settings import Settings

TIMEOUT_S = 120


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.05)


def worker(settings: Settings, sink: MemorySink) -> App:
    return App(settings, Partitions(settings, Codec(DirectoryRegistry())), sink)


def publish(settings: Settings, count: int, topic: str = NOTE_VIEWS) -> None:
    with KafkaProducer(bootstrap_servers=settings.broker_hosts) as producer:
        for _ in range(count):
            producer.send(topic, key=b"k", value=b"junk", partition=0)


def expire(settings: Settings, before: int, topic: str = NOTE_VIEWS) -> None:
    with KafkaAdminClient(bootstrap_servers=settings.broker_hosts) as admin:
        admin.delete_records({TopicPartition(topic, 0): before})


def held(settings: Settings) -> int:
    """How many messages Kafka holds: what a group reads that has committed nothing."""
    with KafkaConsumer(bootstrap_servers=settings.broker_hosts) as consumer:
        tps = [TopicPartition(topic, 0) for topic in SOURCE_TOPICS]
        return sum(consumer.end_offsets(tps).values()) - sum(
            consumer.beginning_offsets(tps).values()
        )


def begins(settings: Settings, topic: str = NOTE_VIEWS) -> int:
    """With which offset."""
    place = TopicPartition(topic, 0)
    with KafkaConsumer(bootstrap_servers=settings.broker_hosts) as consumer:
        offset: int = consumer.beginning_offsets([place])[place]
        return offset


def forget_group(settings: Settings) -> None:
    """As Kafka does when a group has been idle for long."""
    with KafkaAdminClient(bootstrap_servers=settings.broker_hosts) as admin:
        assert admin.delete_groups([settings.group]) == {settings.group: "OK"}


def commit(settings: Settings, offset: int) -> None:
    """As another consumer does, or a person who sets offsets."""
    offsets = {TopicPartition(NOTE_VIEWS, 0): OffsetAndMetadata(offset, "", -1)}

    def committed() -> bool:
        # The first group of a broker has to wait for its coordinator, which may say so of a partition.
        with suppress(CoordinatorNotAvailableError):
            return {*admin.alter_group_offsets(settings.group, offsets).values()} == {NoError}
        return False

    with KafkaAdminClient(bootstrap_servers=settings.broker_hosts) as admin:
        wait_until(committed)


def make_anew(settings: Settings, topic: str) -> None:
    with KafkaAdminClient(bootstrap_servers=settings.broker_hosts) as admin:
        delete_topics(admin, [topic])
    topics.create(settings, replication=1)


def elsewhere(settings: Settings, folder: Path) -> Settings:
    """After the disk was lost."""
    return replace(settings, data_dir=folder)


@asynccontextmanager
async def running(app: App) -> AsyncIterator[App]:
    """Start a worker; it is stopped whatever happens, as asyncio would wait for ever for its agents."""
    await app.start()
    try:
        yield app
    finally:
        await app.stop()


async def read(
    settings: Settings, count: int, topic: str = NOTE_VIEWS, began: int = 0
) -> dict[int, int]:
    """Read so many records; what had expired since the group has begun. began: where it does so here, if it does."""
    sink = MemorySink()
    async with running(worker(settings, sink)) as app:
        await eventually(lambda: app.processed >= count)
        await app.consumer.commit()
        found = dict(app.consumer.expired[TP(topic, 0)])
    told = [row["expired_unread"] for row in sink.rows("progress") if row["topic"] == topic]
    assert sum(told) == began + sum(behind - first for first, behind in found.items())
    assert app.crash_reason is None
    return found


async def refused(settings: Settings) -> BaseException | None:
    """What a worker ends with as soon as it is started."""
    async with running(worker(settings, MemorySink())) as app:
        await eventually(lambda: app.should_stop)
        reason: BaseException | None = app.crash_reason
    return reason
