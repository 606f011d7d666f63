"""A state, what its group has committed, and what the topics hold must belong together."""

from collections.abc import Mapping
from pathlib import Path

from schemas.errors import StateError
from streams.event_time import LogRange

#: What makes states anew that are lost, and where that is told.
REBUILD = "make the states anew with `zhongcao rebuild --state`"
BEGIN_ANEW = 'docs/upgrading.md says under "Begin anew" how'


def check(
    folder: Path, partition: int, read_to: Mapping[str, int], logs: Mapping[str, LogRange]
) -> None:
    """The state must hold what the group has committed, and nothing that the topics never held.

    folder: of the state. read_to: topic → the offset behind the last record that is in it.
    logs: topic → what the broker holds of this partition number.
    Raises: StateError.
    """
    for topic, log in logs.items():
        reached = read_to.get(topic, 0)
        if log.start < log.committed and reached < log.committed:
            raise StateError(
                f"The state in {folder} ends at offset {reached} of partition {partition} of {topic}, but the group "
                f"has committed {log.committed}. Either the state was lost or is an old copy, and so is its changelog "
                "if there is one: bring it back. Or something else has committed for the group, such as another "
                f"consumer under its name: end that, and set the group's offset back to {reached}. If neither can be, "
                f"{REBUILD}: {BEGIN_ANEW}."
            )
        if beyond(reached, log):
            raise StateError(
                f"Partition {partition} of {topic} ends at offset {log.end + log.markers}, but the state in {folder} "
                f"has read it up to {reached} and the group has committed {log.committed}: the topic was made anew, or "
                f"what it held was lost. Raise epoch, and {REBUILD}: {BEGIN_ANEW}."
            )


def beyond(read_to: int, log: LogRange) -> bool:
    """Was more read than the broker holds?"""
    return max(read_to, log.committed) > log.end + log.markers
