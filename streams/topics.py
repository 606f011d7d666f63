"""The topics in Kafka: created alike, and checked before a worker trusts them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from schemas.errors import BrokerError
from schemas.topics import DEAD_LETTERS, SOURCE_TOPICS
from streams.settings import Settings

TIMEOUT_MS = 10_000


def create(settings: Settings, replication: int) -> list[str]:
    """Create the topics that are not there yet, with the partitions of the settings; their names.

    Raises: BrokerError, if Kafka cannot be reached or refuses.
    """
    created = []
    with _admin(settings) as admin:
        for topic in (*SOURCE_TOPICS, DEAD_LETTERS, settings.changelog_topic):
            configs = (
                {"max.message.bytes": str(16 << 20)} if topic == settings.changelog_topic else {}
            )
            try:
                admin.create_topics(
                    [NewTopic(topic, settings.partitions, replication, None, configs)]
                )
            except TopicAlreadyExistsError:
                continue
            created.append(topic)
        _wait_for(admin, {*SOURCE_TOPICS, DEAD_LETTERS})
    return created


def check(settings: Settings) -> None:
    """The four topics must have the partitions of the settings, or users of one partition number are torn apart.

    Raises: BrokerError, which names what differs and what to do.
    """
    with _admin(settings) as admin:
        found = {
            topic["name"]: len(topic["partitions"])
            for topic in admin.describe_topics(list(admin.list_topics()))
        }
    for topic in SOURCE_TOPICS:
        if topic not in found:
            raise BrokerError(
                f"There is no topic {topic} at {settings.broker}: create it with `zhongcao topics create`."
            )
        if found[topic] != settings.partitions:
            raise BrokerError(
                f"The topic {topic} has {found[topic]} partitions, but partitions is {settings.partitions}: "
                "the four topics need the same number. Set partitions to it, or recreate the topic."
            )
    if DEAD_LETTERS not in found:
        raise BrokerError(
            f"There is no topic {DEAD_LETTERS} at {settings.broker}: create it with `zhongcao topics create`."
        )


def _wait_for(admin: KafkaAdminClient, topics: set[str]) -> None:
    """A broker may be asked that has not heard of a new topic yet."""
    deadline = time.monotonic() + TIMEOUT_MS / 1000
    while not topics <= set(admin.list_topics()) and time.monotonic() < deadline:
        time.sleep(0.1)


@contextmanager
def _admin(settings: Settings) -> Iterator[KafkaAdminClient]:
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=settings.broker_hosts,
            bootstrap_timeout_ms=TIMEOUT_MS,
            request_timeout_ms=TIMEOUT_MS,
        )
        try:
            yield admin
        finally:
            admin.close()
    except KafkaError as error:
        raise BrokerError(
            f"Kafka at {settings.broker} did not answer as expected ({type(error).__name__}: {error}): "
            "check the address and that the broker runs."
        ) from error
