"""On a broker that denies what is not allowed, each does its work with the ACLs of docs/security.md, and no more."""

import asyncio
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cli.commands import Zhongcao
from group_of_workers import Workers
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType
from kafka.errors import GroupAuthorizationFailedError
from kafka.structs import OffsetAndMetadata
from local_kafka import what_is_missing
from secured_kafka import USER, SecuredKafka, secured_kafka

from rebuild.seed import seed
from schemas.codec import Codec
from schemas.errors import BrokerError
from schemas.registry import DirectoryRegistry
from schemas.topics import DEAD_LETTERS, FORGET_REQUESTS, SOURCE_TOPICS
from sinks.connection import ClickHouse
from sinks.memory import MemorySink
from sources.generator import Traffic, generate
from streams.app import App
from streams.erasure.requests import Request
from streams.kafka import forgetting, topics
from streams.kafka.access import kafka_python_options
from streams.kafka.publish import publish
from streams.partitions import Partitions
from streams.settings import Settings
from verify.reading import SourceTopics

PAGE = (Path(__file__).parents[2] / "docs/security.md").read_text()
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ((?:[A-Z]\w+(?:, )?)+) \|$", re.MULTILINE)
TIMEOUT_S = 120

Allow = Callable[..., None]


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """A broker on which nobody may do anything but those without a name."""
    if missing := what_is_missing():
        pytest.skip(f"Apache Kafka needs {missing}, which is not on this machine")
    with secured_kafka(tmp_path_factory.mktemp("tls")) as kafka:
        kinds = (ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID)
        everything = [ResourcePattern(kind, "*") for kind in kinds]
        everything.append(ResourcePattern(ResourceType.CLUSTER, "kafka-cluster"))
        kafka.set_acls(
            "nobody",
            [allowed("nobody", ACLOperation.READ, pattern) for pattern in everything[:3]]
            + [allowed("nobody", ACLOperation.DESCRIBE, everything[3])],
        )
        yield kafka


def allowed(user: str, operation: ACLOperation, pattern: ResourcePattern) -> ACL:
    return ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, pattern)


@pytest.fixture
def settings(closed: SecuredKafka, tmp_path: Path) -> Settings:
    """Of a user who may do nothing yet."""
    return Settings(
        **closed.sasl(),
        group=f"group-{uuid4().hex}",
        partitions=4,
        data_dir=tmp_path,
        sink_linger_ms=20,
    )


@pytest.fixture
def created(closed: SecuredKafka, settings: Settings) -> Settings:
    """The same, after an administrator made the topics."""
    topics.create(anonymous(closed, settings), replication=1)
    return settings


@pytest.fixture
def allow(closed: SecuredKafka, settings: Settings) -> Allow:
    """Gives the user the rights of a row's first column but for those on one resource, and takes all others away."""

    def give(who: str, but: str = "") -> None:
        rights = [
            allowed(USER, ACLOperation[spelt(operation)], pattern)
            for name, resource, operations in ROW.findall(PAGE)
            if name == who and resource != but
            for operation in operations.split(", ")
            for pattern in patterns(resource, settings)
        ]
        assert rights
        closed.set_acls(USER, rights)

    return give


def spelt(operation: str) -> str:
    """DescribeConfigs as DESCRIBE_CONFIGS."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).upper()


def patterns(resource: str, settings: Settings) -> list[ResourcePattern]:
    if resource == "group `GROUP`":
        return [ResourcePattern(ResourceType.GROUP, settings.group)]
    named = {
        "the four source topics": SOURCE_TOPICS,
        f"`{DEAD_LETTERS}`": (DEAD_LETTERS,),
        f"`{FORGET_REQUESTS}`": (FORGET_REQUESTS,),
        "`GROUP-state-changelog`": (settings.changelog_topic,),
    }
    return [ResourcePattern(ResourceType.TOPIC, name) for name in named[resource]]


def anonymous(closed: SecuredKafka, settings: Settings) -> Settings:
    return Settings(broker=f"kafka://{closed.broker.address}", group=settings.group, partitions=4)


def traffic() -> list[Any]:
    return list(generate(Traffic(events=500, users=50, notes=20, late_share=0)))


async def rows_of(settings: Settings, wanted: Callable[[MemorySink], bool]) -> MemorySink:
    """What a worker writes until that is enough."""
    sink = MemorySink()
    app = App(settings, Partitions(settings, Codec(DirectoryRegistry())), sink)
    await app.start()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            while not wanted(sink):
                assert not app.should_stop, app.crash_reason
                await asyncio.sleep(0.1)
    finally:
        await app.stop()
    return sink


def test_who_is_named_by_nobody_can_do_nothing(created: Settings) -> None:
    with pytest.raises(BrokerError):
        topics.check(created)


def test_topics_are_created(settings: Settings, allow: Allow) -> None:
    allow("`topics create`")
    assert settings.changelog_topic in topics.create(settings, replication=1)


def test_topics_are_checked(
    created: Settings, allow: Allow, caplog: pytest.LogCaptureFixture
) -> None:
    allow("`topics check`")
    with caplog.at_level(logging.WARNING, logger="streams"):
        topics.check(created)
    assert not [each for each in caplog.records if "does not show us" in each.message]


def test_a_producer_publishes_and_does_nothing_else(created: Settings, allow: Allow) -> None:
    allow("producer")
    events = traffic()
    assert publish(created, events, lambda count: None) == len(events)
    with pytest.raises(BrokerError):
        topics.check(created)


def test_a_worker_does_its_work_and_does_not_publish(
    closed: SecuredKafka, created: Settings, allow: Allow
) -> None:
    publish(anonymous(closed, created), traffic(), lambda count: None)
    poison = KafkaProducer(bootstrap_servers=closed.broker.address)
    poison.send("note-views", key=b"u", value=b"no event").get(TIMEOUT_S)
    poison.close()

    allow("worker")
    topics.check(created)
    sink = asyncio.run(
        rows_of(created, lambda sink: bool(sink.rows("order_events") and sink.rows("dead_letters")))
    )
    assert sink.rows("touches")
    with pytest.raises(BrokerError, match="Authorization"):
        publish(created, traffic(), lambda count: None)


def test_a_worker_that_may_not_join_its_group_says_so(
    created: Settings, allow: Allow, fresh_database: ClickHouse, tmp_path: Path
) -> None:
    allow("worker", but="group `GROUP`")
    workers = Workers(created, fresh_database, tmp_path)
    told = Zhongcao(tmp_path).fails("worker", "--config", str(workers.config))
    assert f"Kafka keeps this worker out of group {created.group} (" in told
    assert "GroupAuthorizationFailedError" in told


def test_who_forgets_asks_for_it_and_sees_how_far_the_group_is(
    created: Settings, allow: Allow, caplog: pytest.LogCaptureFixture
) -> None:
    allow("`zhongcao forget`")
    with caplog.at_level(logging.WARNING, logger="streams"):
        topics.check(created, (FORGET_REQUESTS,))
    assert not [each for each in caplog.records if "does not show us" in each.message]
    offset = forgetting.publish(created, 0, Request.of("u"))
    with pytest.raises(BrokerError, match=f"No worker of the group {created.group} runs"):
        forgetting.wait_for_workers(created, 0, offset, 0, lambda seconds: None)
    with pytest.raises(BrokerError, match="Authorization"):
        publish(created, traffic(), lambda count: None)


def test_who_verifies_reads_what_the_group_has_committed(created: Settings, allow: Allow) -> None:
    allow("`zhongcao verify`")
    places = [TopicPartition(topic, 0) for topic in SOURCE_TOPICS]
    consumer = KafkaConsumer(
        **kafka_python_options(created), group_id=created.group, enable_auto_commit=False
    )
    try:
        consumer.assign(places)
        assert [consumer.committed(place) for place in places] == [None] * len(places)
        consumer.seek_to_beginning()
        consumer.poll(1000)
        with pytest.raises(GroupAuthorizationFailedError):
            consumer.commit({places[0]: OffsetAndMetadata(0, "", -1)})
    finally:
        consumer.close(autocommit=False)
    with SourceTopics(created) as read:
        spans = read.committed(None)
        assert read.begins(spans, now_ms=0) == {}
        # Nothing is denied; what they find is of all tests, whose topics these are.
        read.forgotten()
        list(read.read(read.behind(spans)))


def test_who_makes_states_anew_writes_the_changelog_and_requests_alone(
    closed: SecuredKafka, created: Settings, allow: Allow, fresh_database: ClickHouse
) -> None:
    forgetting.publish(anonymous(closed, created), 0, Request.of("u").fulfilled())
    allow("`zhongcao rebuild --state`")
    seeded = seed(created, fresh_database)
    assert (seeded.partitions, seeded.events) == (created.partitions, 0)
    # The request is in all partitions now.
    with SourceTopics(created) as read:
        assert all(read.requests().values())
    with pytest.raises(BrokerError, match="Authorization"):
        publish(created, traffic(), lambda count: None)


@pytest.mark.parametrize("but", ["group `GROUP`", "`forget-requests`", "`GROUP-state-changelog`"])
def test_without_one_of_the_rights_no_state_is_made(
    created: Settings, allow: Allow, fresh_database: ClickHouse, but: str
) -> None:
    allow("`zhongcao rebuild --state`", but=but)
    with pytest.raises(BrokerError):
        seed(created, fresh_database)
