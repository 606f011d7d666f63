"""A broker that asks who is there lets in those that it knows, and others are told why it does not."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cli.commands import Zhongcao
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType
from local_kafka import what_is_missing
from secured_kafka import USER, SecuredKafka, secured_kafka

from schemas.codec import Codec
from schemas.errors import BrokerError
from schemas.registry import DirectoryRegistry
from sinks.memory import MemorySink
from sources.generator import Traffic, generate
from streams import worker
from streams.app import App
from streams.kafka import topics
from streams.kafka.login import log_in
from streams.kafka.publish import publish
from streams.partitions import Partitions
from streams.settings import Settings

TIMEOUT_S = 120

Make = Callable[[dict[str, Any]], Settings]


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """A broker with SASL_SSL, with SSL that asks for a certificate, and an open listener."""
    if missing := what_is_missing():
        pytest.skip(f"Apache Kafka needs {missing}, which is not on this machine")
    with secured_kafka(tmp_path_factory.mktemp("tls")) as kafka:
        yield kafka


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Settings of a group and a state of the test's own."""
    return lambda access: Settings(
        **access,
        group=f"group-{uuid4().hex}",
        partitions=4,
        data_dir=tmp_path,
        sink_linger_ms=20,
    )


async def orders_read(settings: Settings, wanted: int) -> int:
    """Run a worker until so many order lines have come."""
    sink = MemorySink()
    app = App(settings, Partitions(settings, Codec(DirectoryRegistry())), sink)
    await app.start()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            while len(sink.rows("order_events")) < wanted:
                assert not app.should_stop, app.crash_reason
                await asyncio.sleep(0.1)
    finally:
        await app.stop()
    return len(sink.rows("order_events"))


@pytest.mark.parametrize("known_by", ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN", "certificate"])
def test_publish_check_and_read(secured: SecuredKafka, make: Make, known_by: str) -> None:
    settings = make(secured.tls() if known_by == "certificate" else secured.sasl(known_by))
    topics.create(settings, replication=1)
    events = list(generate(Traffic(events=1_000, users=50, notes=20, late_share=0)))
    assert publish(settings, events, lambda count: None) == len(events)
    topics.check(settings)
    orders = {e.record["txn_id"] for e in events if e.topic == "taobao-purchases"}
    assert asyncio.run(orders_read(settings, len(orders))) >= len(orders)


def other(secured: SecuredKafka, listener: str, **changes: Any) -> dict[str, Any]:
    """The settings of a client that is let in, changed."""
    return (secured.tls() if listener == "SSL" else secured.sasl()) | changes


@pytest.mark.parametrize(
    ("listener", "changes", "message"),
    [
        (
            "SASL",
            {"kafka_sasl_password": "wrong"},
            "does not let the user alice in with this passw",
        ),
        ("SASL", {"kafka_sasl_user": "bob"}, "does not let the user bob in"),
        ("SASL", {"kafka_tls_ca_file": ""}, "not trusted .unable to get local issuer certificate"),
        ("SSL", {"kafka_tls_ca_file": ""}, "not trusted"),
        (
            "SSL",
            {"kafka_tls_cert_file": ""},
            "broke off TLS .* check that it trusts kafka_tls_cert",
        ),
    ],
)
def test_those_who_are_not_let_in_are_told_why(
    secured: SecuredKafka, make: Make, listener: str, changes: dict[str, Any], message: str
) -> None:
    settings = make(other(secured, listener, **changes))
    for attempt in (topics.check, worker.run, lambda s: publish(s, [], lambda count: None)):
        with pytest.raises(BrokerError, match=f"^Kafka at {settings.broker} .*{message}.*\\.$"):
            attempt(settings)


def test_a_name_that_the_certificate_does_not_bear(secured: SecuredKafka, make: Make) -> None:
    access = secured.sasl()
    settings = make(access | {"broker": access["broker"].replace("127.0.0.1", "localhost")})
    with pytest.raises(BrokerError, match=r"Hostname mismatch.*: check the name in broker"):
        topics.check(settings)
    topics.create(replace(settings, kafka_tls_check_hostname=False), replication=1)


@pytest.mark.parametrize("port_of", ["SSL", "SASL_SSL"])
def test_a_port_for_something_else(secured: SecuredKafka, make: Make, port_of: str) -> None:
    settings = make({"broker": f"kafka://{secured.broker.addresses[port_of]}"})
    with pytest.raises(BrokerError, match="hung up: check that its port is one for PLAINTEXT"):
        topics.check(settings)
    settings = make(secured.tls() | {"broker": f"kafka://{secured.broker.addresses['SASL_SSL']}"})
    with pytest.raises(BrokerError, match="hung up: check that its port is one for SSL"):
        topics.check(settings)


def test_a_mechanism_that_the_broker_does_not_offer(secured: SecuredKafka, make: Make) -> None:
    settings = make(secured.sasl_in_the_clear("PLAIN"))
    topics.create(settings, replication=1)
    with pytest.raises(BrokerError, match="does not speak SCRAM-SHA-256: set kafka_sasl_mechanism"):
        topics.check(replace(settings, kafka_sasl_mechanism="SCRAM-SHA-256"))


def test_a_user_without_the_rights(secured: SecuredKafka, make: Make) -> None:
    settings = make(secured.sasl())
    topics.create(settings, replication=1)
    denied = ACL(
        f"User:{USER}",
        "*",
        ACLOperation.DESCRIBE,
        ACLPermissionType.DENY,
        ResourcePattern(ResourceType.TOPIC, settings.changelog_topic),
    )
    secured.set_acls(USER, [denied])
    with pytest.raises(BrokerError, match=r"does not allow us .*state-changelog.* the rights"):
        topics.check(settings)


def test_of_several_brokers_one_is_enough(secured: SecuredKafka, make: Make) -> None:
    alone = make(secured.sasl())
    settings = replace(alone, broker=f"kafka://127.0.0.1:1,{alone.broker_hosts[0]}")
    log_in(settings)
    with pytest.raises(BrokerError, match="does not let the user alice in"):
        log_in(replace(settings, kafka_sasl_password="wrong"))


def test_the_command_tells_it_in_one_sentence(secured: SecuredKafka, tmp_path: Path) -> None:
    environ = {
        f"ZHONGCAO_{name.upper()}": value
        for name, value in (secured.sasl() | {"kafka_sasl_password": "wrong"}).items()
    }
    for command in (("topics", "check"), ("worker",)):
        sentence = Zhongcao(tmp_path).fails(*command, **environ)
        assert "does not let the user alice in" in sentence
        assert "wrong" not in sentence
