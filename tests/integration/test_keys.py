"""A producer that tears the events of a user apart is refused, and nobody can keep workers from starting so."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from zlib import crc32

import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.structs import OffsetAndMetadata
from local_kafka import LocalKafka
from waiting import delete_topics

from schemas.codec import Codec
from schemas.errors import BrokerError
from schemas.registry import DirectoryRegistry
from schemas.topics import NOTE_SAVES, NOTE_VIEWS
from streams.kafka import topics
from streams.kafka.access import aiokafka_options, kafka_python_options
from streams.kafka.topic_rules import topics_of
from streams.settings import Settings

CODEC = Codec(DirectoryRegistry())
USERS = [f"user-{n}" for n in range(100)]


@pytest.fixture(scope="module")
def kafka(own_kafka: LocalKafka) -> LocalKafka:
    """A broker of this file's own: its topics are spoilt."""
    return own_kafka


@pytest.fixture
def created(settings: Settings) -> Iterator[Settings]:
    """Settings with fresh topics."""
    topics.create(settings, replication=1)
    yield settings
    with KafkaAdminClient(**kafka_python_options(settings)) as admin:
        delete_topics(admin, topics_of(settings))


def save(user_id: str) -> bytes:
    """A NOTE_SAVES event."""
    event = {"user_id": user_id, "note_id": "n", "brand_id": "b", "action": "SAVE"}
    return CODEC.encode(NOTE_SAVES, event | {"occurred_at": int(time.time() * 1000)})


def put(
    settings: Settings,
    messages: list[tuple[bytes | None, bytes]],
    hashed: Callable[[bytes], int] | None = None,
) -> None:
    """Publish keys and values of NOTE_SAVES, where the hash says or Java's client would, with zstd."""

    async def send() -> None:
        async with AIOKafkaProducer(
            **aiokafka_options(settings), compression_type="zstd"
        ) as producer:
            for key, value in messages:
                partition = hashed(key) % settings.partitions if hashed and key else None
                await producer.send_and_wait(NOTE_SAVES, value, key, partition)

    asyncio.run(send())


def saves(
    users: list[str], key: Callable[[str], bytes | None] = str.encode
) -> list[tuple[bytes | None, bytes]]:
    return [(key(user), save(user)) for user in users]


def commit(settings: Settings, topic: str) -> None:
    """As a worker of the group that has read a record of a topic."""
    with KafkaConsumer(**kafka_python_options(settings), group_id=settings.group) as consumer:
        consumer.commit({TopicPartition(topic, 0): OffsetAndMetadata(1, "", -1)})


def test_keys_where_java_puts_them(created: Settings) -> None:
    put(created, saves(USERS))
    topics.check(created)
    topics.check_for_worker(created, CODEC)


@pytest.mark.parametrize(
    ("key", "hashed", "told"),
    [
        (
            str.encode,
            crc32,
            r"Of the newest 100 events of note-saves, \d+ do not lie .*murmur2_random",
        ),
        (lambda user: None, None, "Of the newest 100 events of note-saves, 100 have no key"),
        (lambda user: b"n", None, r"\d+ have another key than their user_id"),
    ],
)
def test_a_first_worker_does_not_start_on_keys_that_are_wrong(
    created: Settings, key: Callable[[str], bytes | None], hashed: Callable[[bytes], int], told: str
) -> None:
    commit(created, NOTE_VIEWS)
    put(created, saves(USERS, key), hashed)
    with pytest.raises(BrokerError, match=told):
        topics.check_for_worker(created, CODEC)


def test_a_group_that_has_read_the_topic_goes_on(
    created: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    put(created, saves(USERS, lambda user: None))
    commit(created, NOTE_SAVES)
    topics.check_for_worker(created, CODEC)
    assert "Of the newest 100 events of note-saves, 100 have no key" in caplog.text
    for other in (replace(created, group="another"), created):
        with pytest.raises(BrokerError, match="100 have no key"):
            topics.check(other)


def test_what_is_no_event_has_no_place(created: Settings, caplog: pytest.LogCaptureFixture) -> None:
    put(created, [(None, b"junk"), (None, save("u")[:-1]), (b"k", b"")] * 20, lambda key: 3)
    put(created, saves(USERS[:3]))
    topics.check(created)
    assert "note-saves, " not in caplog.text


def test_only_the_newest_records_are_looked_at(created: Settings) -> None:
    put(created, saves(["u"] * 3), lambda key: 1)
    with pytest.raises(BrokerError, match="of note-saves, 3 do not lie"):
        topics.check(created)
    put(created, saves([f"user-{n}" for n in range(400)]))
    topics.check(created)
