"""What the coordinator of a consumer group tells of it."""

from collections.abc import Callable, Collection
from typing import Any

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError


def committed(
    admin: KafkaAdminClient, group: str, partitions: Collection[TopicPartition]
) -> dict[TopicPartition, int]:
    """The offsets that a group has committed, of those partitions of which it has committed any."""
    found = _told_of(group, lambda: admin.list_group_offsets({group: list(partitions)}))
    return {tp: of.offset for tp, of in found.items() if of.offset >= 0}


def members(admin: KafkaAdminClient, group: str) -> Any:
    """Those that the group has now."""
    return _told_of(group, lambda: admin.describe_groups([group])).get("members")


def _told_of(group: str, ask: Callable[[], Any]) -> Any:
    """Nothing while there is no coordinator, as before the first worker ever ran."""
    try:
        return ask()[group]
    except KafkaError as error:
        if not error.retriable:
            raise
        return {}
