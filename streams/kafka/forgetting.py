"""Requests to forget a user: published, and waited for."""

import time
from collections.abc import Callable, Sequence

from kafka import KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from schemas.errors import BrokerError
from schemas.topics import FORGET_REQUESTS
from streams.erasure.requests import Request
from streams.kafka.access import TIMEOUT_MS, kafka_python_options
from streams.kafka.groups import committed, members
from streams.kafka.topics import administering
from streams.settings import Settings

POLL_S = 0.5

#: Called with the seconds that were waited so far.
Waiting = Callable[[float], None]


def publish(settings: Settings, partition: int, request: Request) -> int:
    """Publish a request to the partition number of its user; its offset, once Kafka has acknowledged it.

    Raises: BrokerError.
    """
    [offset] = publish_all(settings, [(partition, request)])
    return offset


def publish_all(settings: Settings, requests: Sequence[tuple[int, Request]]) -> list[int]:
    """The same with many, each with a partition number. Raises: BrokerError."""
    try:
        with KafkaProducer(**kafka_python_options(settings), acks="all") as producer:
            sent = [
                producer.send(
                    FORGET_REQUESTS, key=request.key, value=request.to_bytes(), partition=partition
                )
                for partition, request in requests
            ]
            return [one.get(TIMEOUT_MS / 1000).offset for one in sent]
    except KafkaError as error:
        raise BrokerError(
            f"Kafka at {settings.broker} did not take the request to forget a user ({type(error).__name__}: {error}): "
            "check the address and `zhongcao topics check`, and repeat the command."
        ) from error


def wait_for_workers(
    settings: Settings, partition: int, offset: int, wait_s: float, waiting: Waiting
) -> None:
    """Return once the group has committed a request: then no worker of it writes anything of the user any more.

    Raises: BrokerError, if it has not after wait_s seconds.
    """
    begun = time.monotonic()
    with administering(settings) as admin:
        while _committed(admin, settings.group, partition) <= offset:
            if time.monotonic() - begun >= wait_s:
                raise BrokerError(_still_waiting(admin, settings.group, wait_s))
            waiting(time.monotonic() - begun)
            time.sleep(POLL_S)


def _committed(admin: KafkaAdminClient, group: str, partition: int) -> int:
    tp = TopicPartition(FORGET_REQUESTS, partition)
    return committed(admin, group, [tp]).get(tp, -1)


def _still_waiting(admin: KafkaAdminClient, group: str, wait_s: float) -> str:
    stands = "The request stands, and no row was removed yet: repeat the command"
    if not members(admin, group):
        return f"No worker of the group {group} runs to forget the user. {stands} when one does."
    return (
        f"The workers of the group {group} have not come to the request in {wait_s:g} s: they may be restoring state, "
        f"or wait for ClickHouse. {stands} later, or with a longer --wait."
    )
