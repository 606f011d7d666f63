"""What Kafka deleted before it was read is told, with its offsets; partitions that are added end the worker."""

import asyncio
import logging

import pytest
from in_process import eventually, expire, publish, read, running, worker
from kafka import KafkaAdminClient
from kafka.admin import NewPartitions
from local_kafka import LocalKafka

from schemas.errors import BrokerError
from schemas.topics import NOTE_VIEWS
from sinks.memory import MemorySink
from streams.kafka import topics
from streams.settings import Settings


@pytest.fixture(scope="module")
def kafka(own_kafka: LocalKafka) -> LocalKafka:
    """A broker of this file's own: records are deleted, and partitions added."""
    return own_kafka


def test_what_expired(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    topics.create(settings, replication=1)
    publish(settings, 10)
    # Nobody has committed anything: whoever begins, begins with what there is.
    expire(settings, 4)
    assert asyncio.run(read(settings, 6, began=4)) == {}
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
        async with running(worker(settings, MemorySink())) as app:
            await eventually(lambda: bool(app.consumer.assignment()))
            await asyncio.to_thread(add)
            await eventually(lambda: app.should_stop)
            reason: BaseException | None = app.crash_reason
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
