"""A worker without partitions fetches nothing, stays in the group, and takes over when the other one leaves."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from faust.types.settings import Settings as FaustSettings
from local_kafka import LocalKafka

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from sinks.memory import MemorySink
from streams.app import App
from streams.kafka import topics
from streams.partitions import Partitions
from streams.settings import Settings

#: After so long aiokafka would leave the group, if Faust's default were this instead of 1000 s.
DEFAULT_S = 2
IDLE_S = 2.5 * DEFAULT_S
TIMEOUT_S = 120


def worker(settings: Settings, folder: Path) -> App:
    own = replace(settings, data_dir=folder)
    return App(own, Partitions(own, Codec(DirectoryRegistry())), MemorySink())


async def until_rebalanced(app: App, numbers: set[int]) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            if not app.rebalancing and {tp[1] for tp in app.consumer.assignment()} == numbers:
                return
            await asyncio.sleep(0.1)


async def shared_out(first: App, spare: App) -> tuple[App, App]:
    """Which of the two has nothing, and which the partition, once both know."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            both = sorted((first, spare), key=lambda app: len(app.consumer.assignment()))
            numbers = [{tp[1] for tp in app.consumer.assignment()} for app in both]
            knows = spare.rebalancing_count > 0
            if knows and numbers == [set(), {0}] and not any(app.rebalancing for app in both):
                return both[0], both[1]
            await asyncio.sleep(0.1)


@pytest.fixture
def settings(own_kafka: LocalKafka, tmp_path: Path) -> Settings:
    found = Settings(broker=f"kafka://{own_kafka.address}", partitions=1, data_dir=tmp_path)
    topics.create(found, replication=1)
    return found


def test_it_takes_over(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FaustSettings.SETTINGS["broker_max_poll_interval"], "default", DEFAULT_S)

    async def scenario() -> None:
        first, spare = worker(settings, tmp_path / "first"), worker(settings, tmp_path / "spare")
        try:
            await first.start()
            await until_rebalanced(first, {0})
            await spare.start()
            idle, busy = await shared_out(first, spare)
            rebalances = busy.rebalancing_count
            await asyncio.sleep(IDLE_S)
            assert busy.rebalancing_count == rebalances
            await busy.stop()
            await until_rebalanced(idle, {0})
        finally:
            await first.stop()
            await spare.stop()

    asyncio.run(scenario())
