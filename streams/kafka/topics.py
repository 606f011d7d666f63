"""The topics in Kafka: created alike, and checked before a worker trusts them."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from aiokafka.errors import KafkaError as ReadError
from aiokafka.errors import TopicAuthorizationFailedError
from kafka import TopicPartition
from kafka.admin import ConfigResource, KafkaAdminClient
from kafka.errors import (
    AuthorizationError,
    InvalidConfigurationError,
    KafkaError,
    NoError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from schemas.codec import Codec
from schemas.errors import BrokerError
from schemas.topics import SOURCE_TOPICS
from streams.kafka.access import TIMEOUT_MS, kafka_python_options
from streams.kafka.groups import committed
from streams.kafka.login import log_in
from streams.kafka.topic_keys import key_findings, newest
from streams.kafka.topic_rules import (
    SOURCE_DAYS,
    Finding,
    Topic,
    configs_to_create,
    findings,
    for_old_brokers,
    topics_of,
)
from streams.registry import registry_of
from streams.settings import Settings

log = logging.getLogger(__name__)


def create(settings: Settings, replication: int, source_days: int = SOURCE_DAYS) -> list[str]:
    """Create the topics that are not there yet, with the partitions of the settings; their names.

    source_days: how long the source topics keep their records.
    Raises: BrokerError, if Kafka cannot be reached or refuses.
    """
    wanted = {
        topic: {
            "num_partitions": settings.partitions,
            "replication_factor": replication,
            "configs": configs,
        }
        for topic, configs in configs_to_create(settings, replication, source_days).items()
    }
    with administering(settings) as admin:
        answers = _created(admin, wanted)
        outcomes = {answer["name"]: for_code(answer["error_code"]) for answer in answers}
        if refused := sorted(
            f"Kafka at {settings.broker} did not create the topic {answer['name']}: {answer['error_message']}"
            for answer in answers
            if outcomes[answer["name"]] not in (NoError, TopicAlreadyExistsError)
        ):
            raise BrokerError("\n".join(refused))
        admin.wait_for_topics(topics_of(settings), TIMEOUT_MS)
    return [topic for topic in wanted if outcomes[topic] is NoError]


def _created(admin: KafkaAdminClient, wanted: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """What Kafka answers for each topic; brokers that do not know all settings are asked again with those of before."""
    answers = admin.create_topics(wanted, raise_errors=False)["topics"]
    again = {
        answer["name"]: {
            **wanted[answer["name"]],
            "configs": for_old_brokers(wanted[answer["name"]]["configs"]),
        }
        for answer in answers
        if for_code(answer["error_code"]) is InvalidConfigurationError
    }
    if not again:
        return list(answers)
    rest = [answer for answer in answers if answer["name"] not in again]
    return [*rest, *admin.create_topics(again, raise_errors=False)["topics"]]


def check(settings: Settings, names: tuple[str, ...] | None = None) -> int:
    """The topics must be such that nothing is lost and the events of a user meet.

    What is merely unwise is logged as warnings; how many is returned.
    names: the topics to check; all of them, when None.
    Raises: BrokerError, which names all that is wrong and what to do, a sentence each; RegistryError.
    """
    with administering(settings) as admin:
        topics = _described(admin, names or topics_of(settings))
        found = _rules(admin, settings, topics, names)
        found += [finding for _, finding in _keys(settings, topics, Codec(registry_of(settings)))]
    return _conclude(found)


def check_for_worker(settings: Settings, codec: Codec) -> None:
    """The same for a worker that starts.

    Keys are no reason to stop it on a topic that its group has read before: whoever may write there could keep all
    workers from starting, and what lies in the wrong place stays there whether they run or not.
    Raises: BrokerError, RegistryError.
    """
    with administering(settings) as admin:
        topics = _described(admin, topics_of(settings))
        found = _rules(admin, settings, topics)
        for topic, finding in _keys(settings, topics, codec):
            refused = finding.refused and not _has_read(admin, settings.group, topics[topic])
            found.append(finding._replace(refused=refused))
    _conclude(found)


def _rules(
    admin: KafkaAdminClient,
    settings: Settings,
    topics: Mapping[str, Topic],
    names: tuple[str, ...] | None = None,
) -> list[Finding]:
    brokers = len(admin.describe_cluster()["brokers"])
    return list(findings(settings, topics, brokers, names))


def _keys(
    settings: Settings, topics: Mapping[str, Topic], codec: Codec
) -> Iterator[tuple[str, Finding]]:
    """What is found about the keys, with the topic."""
    partitions = {name: topics[name].partitions for name in SOURCE_TOPICS if name in topics}
    for name, events in newest(settings, partitions, codec).items():
        for finding in key_findings(name, partitions[name], events):
            yield name, finding


def _has_read(admin: KafkaAdminClient, group: str, topic: Topic) -> bool:
    """Has a group committed anything of a topic?"""
    partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
    return any(offset > 0 for offset in committed(admin, group, partitions).values())


def _conclude(found: Sequence[Finding]) -> int:
    """Log what is merely unwise, and return how many; raises BrokerError for the rest."""
    unwise = [finding.sentence for finding in found if not finding.refused]
    for sentence in unwise:
        log.warning(sentence)
    if refused := [finding.sentence for finding in found if finding.refused]:
        raise BrokerError("\n".join(refused))
    return len(unwise)


def verdict(warnings: int) -> str:
    """What a check comes to, for people. warnings: as `check` has counted them."""
    if not warnings:
        return "as they must be"
    return f"usable, with {warnings} warning{'s' if warnings > 1 else ''}"


def _described(admin: KafkaAdminClient, names: tuple[str, ...]) -> dict[str, Topic]:
    """Those of the topics that exist, by name."""
    found = {}
    for topic in admin.describe_topics(names):
        error = for_code(topic["error_code"])
        if error is NoError:
            found[topic["name"]] = topic["partitions"]
        elif error is not UnknownTopicOrPartitionError:
            raise error(topic["name"])
    resources = [ConfigResource("topic", name) for name in found]
    shown = admin.describe_configs(resources, config_filter="all").get("topic", {})
    return {
        name: Topic(
            name,
            len(partitions),
            min(len(partition["replica_nodes"]) for partition in partitions),
            {key: config["value"] for key, config in shown.get(name, {}).items()},
        )
        for name, partitions in found.items()
    }


@contextmanager
def administering(settings: Settings) -> Iterator[KafkaAdminClient]:
    """A client that asks about topics and groups, and makes topics; whatever it raises becomes a BrokerError."""
    log_in(settings)
    try:
        admin = KafkaAdminClient(request_timeout_ms=TIMEOUT_MS, **kafka_python_options(settings))
        try:
            yield admin
        finally:
            admin.close()
    except (AuthorizationError, TopicAuthorizationFailedError) as error:
        raise BrokerError(
            f"Kafka at {settings.broker} does not allow us what a worker does ({error}): docs/security.md lists "
            "the rights that our user needs."
        ) from error
    except (KafkaError, ReadError) as error:
        raise BrokerError(
            f"Kafka at {settings.broker} did not answer as expected ({type(error).__name__}: {error}): check the "
            f"address, that its port is one for {settings.kafka_security_protocol}, and that the brokers run."
        ) from error
