"""A broker that has just started may not know its topics yet: nothing is assigned then, but not for long."""

import asyncio
from collections.abc import Callable

import pytest
from kafka import KafkaAdminClient
from local_kafka import LocalKafka
from waiting import delete_topics

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.topics import FORGET_REQUESTS, SOURCE_TOPICS
from sinks.memory import MemorySink
from streams.app import App
from streams.kafka import topics
from streams.partitions import Partitions
from streams.settings import Settings

TIMEOUT_S = 120


@pytest.fixture(scope="module")
def kafka(own_kafka: LocalKafka) -> LocalKafka:
    """A broker of this file's own: its topics are deleted."""
    return own_kafka


def test_topics_that_appear_after_the_group_was_formed(settings: Settings) -> None:
    topics.create(settings, replication=1)
    with KafkaAdminClient(bootstrap_servers=settings.broker_hosts) as admin:
        delete_topics(admin, [*SOURCE_TOPICS, FORGET_REQUESTS])

    async def scenario() -> None:
        app = App(settings, Partitions(settings, Codec(DirectoryRegistry())), MemorySink())
        await app.start()
        try:
            await eventually(app, lambda: app.rebalancing_count > 0 and not app.rebalancing)
            assert app.consumer.assignment() == set()
            await asyncio.to_thread(topics.create, settings, replication=1)
            everything = len(SOURCE_TOPICS) * settings.partitions + settings.partitions
            await eventually(app, lambda: len(app.consumer.assignment()) == everything)
        finally:
            await app.stop()

    asyncio.run(scenario())


async def eventually(app: App, condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            assert not app.should_stop, app.crash_reason
            if condition():
                return
            await asyncio.sleep(0.1)
