"""The changelog's topic on a real broker: what is appended is read, and no claim goes unnoticed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import polars as pl
import pytest

from schemas.errors import BrokerError
from streams.changelog import Changelog, Fenced, kafka
from streams.changelog.kafka import KafkaLog
from streams.event_time import EventTime
from streams.kafka import topics
from streams.kafka.topic_rules import CHANGELOG_MESSAGE_BYTES
from streams.settings import Settings
from streams.state import Change, Position
from streams.wall_clock import WallClock

NOTHING = Change(
    pl.DataFrame(schema={"key": pl.Binary, "value": pl.Binary}), 0, {}, EventTime(0, {})
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    topics.create(settings, replication=1)
    return settings


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[KafkaLog]:
    log = KafkaLog(settings)
    await log.start()
    try:
        yield log
    finally:
        await log.stop()


def test_what_is_appended_is_read_between_any_bounds(settings: Settings) -> None:
    big = bytes(CHANGELOG_MESSAGE_BYTES - 10_000)

    async def scenario() -> None:
        async with connected(settings) as log:
            records = [b"0", b"1", big, b"3"]
            assert [await log.append(2, record) for record in records] == [0, 1, 2, 3]
            assert await log.append(1, b"elsewhere") == 0
            assert await log.first_offset(2) == 0
            assert [await log.end_offset(number) for number in (2, 1, 0)] == [4, 1, 0]
            for start, end in [(0, 4), (0, 0), (1, 3), (3, 4), (4, 4)]:
                found = [entry async for entry in log.read(2, start, end)]
                assert found == list(enumerate(records))[start:end]

    asyncio.run(scenario())


def test_what_does_not_come_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(kafka, "QUIET_S", 0.1)

    async def scenario() -> None:
        async with connected(settings) as log:
            await log.append(3, b"0")
            read = log.read(3, 0, 2)
            assert await anext(read) == (0, b"0")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(read), 5)

    asyncio.run(scenario())
    assert "partition 3, from offset 1 to 2" in caplog.text


def test_the_brokers_tell_what_time_it_is(settings: Settings) -> None:
    """Though the worker does not know: its clock lags."""

    async def scenario() -> None:
        log = KafkaLog(settings, clock := WallClock())
        await log.start()
        try:
            await log.append(0, b"record")
        finally:
            await log.stop()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("streams.wall_clock.machine_ms", lambda: 0)
            assert clock.now_ms() == pytest.approx(time.time() * 1000, abs=60_000)

    asyncio.run(scenario())


def test_what_it_cannot_take_is_told(settings: Settings) -> None:
    async def scenario(settings: Settings, record: bytes) -> None:
        async with connected(settings) as log:
            await log.append(0, record)

    with pytest.raises(BrokerError, match=r"state-changelog could not take a record of \d+ bytes"):
        asyncio.run(scenario(settings, bytes(CHANGELOG_MESSAGE_BYTES + 1)))


def test_a_broker_that_is_not_there(settings: Settings) -> None:
    async def scenario() -> None:
        async with connected(replace(settings, broker="kafka://127.0.0.1:1")):
            pass

    with pytest.raises(BrokerError, match="could not be reached"):
        asyncio.run(scenario())


def test_others_may_read_when_a_writer_was_fenced(settings: Settings) -> None:
    """Whatever still refers to the error: reading takes a lock, and must give it back."""

    async def scenario() -> None:
        async with connected(settings) as log:
            changelog = Changelog(log, epoch=0)
            paused = await changelog.claim(3)
            later = await changelog.claim(3)
            with pytest.raises(Fenced) as held:
                await paused.append(NOTHING)
            async with asyncio.timeout(30):
                found = [found async for found in changelog.changes(later, Position(0))]
            assert found == []
            assert held.value

    asyncio.run(scenario())
