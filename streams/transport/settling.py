"""What a state is compared with before anything of its partition number is processed; for Kafka alone."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP

from schemas.errors import BrokerError
from streams.event_time import LogRange


async def ranges(consumer: Any, tps: Sequence[TP]) -> dict[TP, LogRange]:
    """What Kafka holds of partitions at this moment, and what the group has committed.

    Where that is nothing, the range starts where reading does. consumer: of aiokafka, in whose thread this runs.
    Raises: BrokerError.
    """
    wanted = [TopicPartition(*tp) for tp in tps]
    try:
        committed, first, end = await asyncio.gather(
            consumer._coordinator.fetch_committed_offsets(wanted),
            consumer.beginning_offsets(wanted),
            consumer.end_offsets(wanted),
        )
    except KafkaError as error:
        names = ", ".join(f"{tp.topic} {tp.partition}" for tp in tps)
        raise BrokerError(
            f"Kafka did not tell what it holds of {names} ({type(error).__name__}: {error}): check that its brokers "
            "run and `zhongcao topics check`, and start this worker again."
        ) from error
    return {
        TP(*tp): LogRange(0, end[tp], committed[tp].offset)
        if tp in committed
        else LogRange(first[tp], end[tp], first[tp])
        for tp in wanted
    }


def forgotten(read_to: Mapping[str, int], logs: Mapping[str, LogRange]) -> dict[str, int]:
    """Where the group has committed nothing and what follows what a state has read is deleted: how far that is."""
    if not read_to:
        return {}
    return {t: read_to.get(t, 0) for t, log in logs.items() if read_to.get(t, 0) < log.start}
