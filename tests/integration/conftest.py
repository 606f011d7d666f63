from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from checked import Checked
from kafka import KafkaAdminClient
from local_kafka import LocalKafka, what_is_missing
from local_registry import LocalRegistry
from operated import Operated
from waiting import delete_topics

from sinks.connection import ClickHouse
from streams.kafka import topics
from streams.kafka.topic_rules import topics_of
from streams.settings import Settings


@pytest.fixture(scope="session")
def kafka() -> Iterator[LocalKafka]:
    """A real broker for the whole run."""
    yield from started()


@pytest.fixture(scope="module")
def own_kafka() -> Iterator[LocalKafka]:
    """A broker of a file's own."""
    yield from started()


def started() -> Iterator[LocalKafka]:
    if missing := what_is_missing():
        pytest.skip(f"Apache Kafka needs {missing}, which is not on this machine")
    with LocalKafka() as broker:
        yield broker


@pytest.fixture(scope="session")
def registry() -> Iterator[LocalRegistry]:
    """A real schema registry for the whole run."""
    if missing := what_is_missing():
        pytest.skip(f"Apicurio Registry needs {missing}, which is not on this machine")
    with LocalRegistry() as server:
        yield server


@pytest.fixture
def fresh_database(own_database: ClickHouse) -> ClickHouse:
    """One for each test: a worker that is killed may still have an insert under way."""
    return own_database


@pytest.fixture
def settings(kafka: LocalKafka, tmp_path: Path) -> Settings:
    """A group and a state of the test's own; the topics are shared."""
    return Settings(
        broker=f"kafka://{kafka.address}",
        group=f"group-{uuid4().hex}",
        partitions=4,
        data_dir=tmp_path,
        sink_linger_ms=20,
    )


@pytest.fixture
def operated(settings: Settings, fresh_database: ClickHouse, tmp_path: Path) -> Operated:
    topics.create(settings, replication=1)
    return Operated(settings, fresh_database, tmp_path)


@pytest.fixture
def checked(own_kafka: LocalKafka, fresh_database: ClickHouse, tmp_path: Path) -> Iterator[Checked]:
    settings = Settings(
        broker=f"kafka://{own_kafka.address}",
        group=f"group-{uuid4().hex}",  # offsets outlive their topics
        partitions=2,
        lookback_days=7,
        data_dir=tmp_path,
    )
    topics.create(settings, replication=1, source_days=10_000)  # for timestamps that are long past
    yield Checked(settings, fresh_database, tmp_path)
    with KafkaAdminClient(bootstrap_servers=settings.broker_hosts) as admin:
        delete_topics(admin, topics_of(settings))
