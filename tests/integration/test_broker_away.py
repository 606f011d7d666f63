"""A worker sees that Kafka is away: it is not stuck meanwhile, and goes on when Kafka is back."""

import asyncio
import time

import pytest
from in_process import eventually, running, worker
from local_kafka import LocalKafka

from sinks.memory import MemorySink
from streams.kafka import topics
from streams.settings import Settings


@pytest.fixture(scope="module")
def kafka(own_kafka: LocalKafka) -> LocalKafka:
    """A broker of this file's own: it is killed."""
    return own_kafka


def test_an_outage_is_seen_as_long_as_it_lasts(settings: Settings, kafka: LocalKafka) -> None:
    topics.create(settings, replication=1)

    async def scenario() -> None:
        async with running(worker(settings, MemorySink())) as app:
            await eventually(lambda: bool(app.consumer.assignment()) and not app.rebalancing)
            before = time.monotonic()
            kafka.kill()
            await eventually(lambda: app.consumer.away_at > before)
            later = time.monotonic()
            await eventually(lambda: app.consumer.away_at > later + 2)
            await asyncio.to_thread(kafka.start)
            await eventually(lambda: time.monotonic() - app.consumer.away_at > 5)
            assert app.crash_reason is None

    asyncio.run(scenario())
