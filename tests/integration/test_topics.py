"""Topics are created alike, and a worker refuses those in which something would be lost or torn apart."""

import logging
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from kafka import KafkaProducer
from kafka.admin import ConfigResource, KafkaAdminClient
from kafka.errors import InvalidTimestampError
from local_kafka import LocalKafka
from waiting import delete_topics, wait_until

from schemas.errors import BrokerError
from schemas.topics import (
    DEAD_LETTERS,
    FORGET_REQUESTS,
    NOTE_SAVES,
    NOTE_VIEWS,
    SOURCE_TOPICS,
)
from streams.kafka import topics
from streams.kafka.access import kafka_python_options
from streams.kafka.topic_rules import topics_of
from streams.settings import Settings
from streams.timeunits import DAY_MS


@pytest.fixture(scope="module")
def kafka(own_kafka: LocalKafka) -> LocalKafka:
    """A broker of this file's own: its topics are spoilt."""
    return own_kafka


@pytest.fixture
def admin(settings: Settings) -> Iterator[KafkaAdminClient]:
    """An administrator of fresh topics."""
    topics.create(settings, replication=1)
    with KafkaAdminClient(**kafka_python_options(settings)) as admin:
        yield admin
        delete_topics(admin, topics_of(settings))


def alter(admin: KafkaAdminClient, topic: str, **config: str) -> None:
    """Change settings of a topic, and wait until they are what Kafka shows."""
    changes = {name.replace("_", "."): value for name, value in config.items()}
    admin.alter_configs([ConfigResource("topic", topic, changes)])
    wait_until(lambda: changes.items() <= shown(admin, topic)[topic].items())


def shown(admin: KafkaAdminClient, *topics: str) -> dict[str, dict[str, str]]:
    """Topic → its settings in effect."""
    resources = [ConfigResource("topic", topic) for topic in topics]
    described = admin.describe_configs(resources, config_filter="all")["topic"]
    return {
        topic: {name: config["value"] for name, config in configs.items()}
        for topic, configs in described.items()
    }


def test_what_is_created_is_good_and_left_alone(settings: Settings) -> None:
    created = topics.create(settings, replication=1, source_days=14)
    assert created == [*SOURCE_TOPICS, FORGET_REQUESTS, DEAD_LETTERS, settings.changelog_topic]
    topics.check(settings)
    assert topics.create(settings, replication=1) == []
    with KafkaAdminClient(**kafka_python_options(settings)) as admin:
        config = shown(admin, *created)
        delete_topics(admin, created)
    assert config[NOTE_VIEWS]["retention.ms"] == str(14 * DAY_MS)
    assert config[settings.changelog_topic].items() >= CHANGELOG.items()
    assert config[FORGET_REQUESTS].items() >= REQUESTS.items()


REQUESTS = {
    "cleanup.policy": "compact",
    "max.compaction.lag.ms": str(DAY_MS),
    "retention.bytes": "-1",
    "retention.ms": "-1",
}
CHANGELOG = {
    "cleanup.policy": "delete",
    "compression.type": "producer",
    "max.message.bytes": "16777216",
    "message.timestamp.type": "LogAppendTime",
    "retention.bytes": "-1",
    "retention.ms": str((30 + 3 + 1 + 30 + 7) * DAY_MS),
}


@pytest.mark.parametrize(("ahead", "taken"), [(0, True), (2 * DAY_MS, False), (-8 * DAY_MS, False)])
def test_kafka_takes_no_record_of_a_clock_that_is_wrong(
    admin: KafkaAdminClient, settings: Settings, ahead: int, taken: bool
) -> None:
    """Nor one that it would drop before anybody has read it."""
    with KafkaProducer(**kafka_python_options(settings)) as producer:
        stamped = int(time.time() * 1000) + ahead
        sent = producer.send(NOTE_VIEWS, key=b"u", value=b"value", timestamp_ms=stamped)
        if taken:
            assert sent.get(10).offset == 0
            return
        with pytest.raises(InvalidTimestampError):
            sent.get(10)


def test_topics_that_take_any_time_are_refused(admin: KafkaAdminClient, settings: Settings) -> None:
    alter(admin, NOTE_VIEWS, message_timestamp_after_max_ms=str(2**63 - 1))
    with pytest.raises(BrokerError, match=r"note-views takes records that are dated more than 24"):
        topics.check(settings)
    alter(admin, NOTE_VIEWS, message_timestamp_after_max_ms="3600000")
    topics.check(settings)


def test_kafka_tells_why_a_topic_is_not_created(settings: Settings) -> None:
    with pytest.raises(BrokerError, match=r"did not create the topic note-views: .*factor of 3"):
        topics.create(settings, replication=3)


def test_all_that_is_wrong_is_told_at_once(admin: KafkaAdminClient, settings: Settings) -> None:
    alter(admin, NOTE_VIEWS, cleanup_policy="compact", retention_ms="1000")
    alter(admin, settings.changelog_topic, retention_ms=str(DAY_MS))
    delete_topics(admin, [DEAD_LETTERS])
    with pytest.raises(BrokerError) as raised:
        topics.check(replace(settings, partitions=8))
    told = str(raised.value).splitlines()
    assert len(told) == 10
    assert sum("partitions, but partitions is 8" in sentence for sentence in told) == 6
    for part in (
        "note-views is compacted",
        "note-views keeps its records for 1.16e-05 days",
        "There is no topic dead-letters",
        f"{settings.changelog_topic} keeps its records for 1 days",
    ):
        assert sum(part in sentence for sentence in told) == 1
    topics.create(settings, replication=1)


def test_what_is_unwise_is_logged(
    admin: KafkaAdminClient, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    alter(admin, NOTE_SAVES, retention_ms=str(2 * DAY_MS), retention_bytes="1000000")
    with caplog.at_level(logging.WARNING):
        found = topics.check(settings)
    warnings = [
        record.message for record in caplog.records if record.name == "streams.kafka.topics"
    ]
    assert len(warnings) == found == 2
    assert topics.verdict(found) == "usable, with 2 warnings"
    assert all("note-saves" in warning for warning in warnings)


def test_a_topic_that_ends_in_the_marker_of_a_transaction(
    admin: KafkaAdminClient, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    producer = KafkaProducer(
        bootstrap_servers=settings.broker_hosts, transactional_id=settings.group
    )
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(NOTE_SAVES, key=b"tx", value=b"value")
    producer.commit_transaction()
    producer.close()
    topics.check(settings)
    assert "not all keys were checked" not in caplog.text
