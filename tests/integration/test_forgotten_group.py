"""Kafka forgets what an idle group has committed: what expired meanwhile is told as if it had not."""

import asyncio
import logging
from pathlib import Path

import pytest
from in_process import begins, elsewhere, expire, forget_group, held, publish, read
from local_kafka import LocalKafka

from schemas.topics import LINK_CLICKS, NOTE_SAVES
from streams.kafka import topics
from streams.settings import Settings


@pytest.fixture(scope="module")
def kafka(own_kafka: LocalKafka) -> LocalKafka:
    """A broker of this file's own: records and groups are deleted."""
    return own_kafka


@pytest.fixture
def settings(settings: Settings) -> Settings:
    topics.create(settings, replication=1)
    return settings


def test_what_expired_meanwhile(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publish(settings, 10)
    assert asyncio.run(read(settings, 10)) == {}
    forget_group(settings)
    publish(settings, 20)
    expire(settings, 17)
    publish(settings, 6, LINK_CLICKS)
    with caplog.at_level(logging.WARNING, logger="streams.transport"):
        assert asyncio.run(read(settings, held(settings))) == {10: 17}
    ours = [record for record in caplog.records if record.name.startswith("streams.")]
    told = [record.message.split(",")[0] for record in ours]
    assert told == [
        "the group has committed nothing of what its state has read",
        "messages expired before they were read",
    ]
    # It is committed now, and nobody tells it again.
    assert asyncio.run(read(settings, 0)) == {}

    forget_group(settings)
    publish(settings, 5, LINK_CLICKS)
    expire(settings, 8, LINK_CLICKS)
    lost = elsewhere(settings, tmp_path / "other")
    assert asyncio.run(read(lost, held(settings), LINK_CLICKS)) == {6: 8}


def test_a_topic_of_which_nothing_was_read(settings: Settings) -> None:
    """Where it began is known all the same. What had expired before that was never the group's."""
    publish(settings, 5, NOTE_SAVES)
    expire(settings, 5, NOTE_SAVES)
    for _ in range(2):
        publish(settings, 1)
        assert asyncio.run(read(settings, 1, NOTE_SAVES)) == {}
    forget_group(settings)
    publish(settings, 6, NOTE_SAVES)
    expire(settings, 7, NOTE_SAVES)
    assert asyncio.run(read(settings, held(settings), NOTE_SAVES)) == {5: 7}


def test_what_is_held_is_read_again(settings: Settings) -> None:
    """Nothing is known to be lost: rows of what was read may not have been written."""
    publish(settings, 10)
    asyncio.run(read(settings, held(settings), began=begins(settings)))
    forget_group(settings)
    publish(settings, 1)
    assert asyncio.run(read(settings, held(settings))) == {}
