"""What a state of before held, as the changes of a seed."""

from collections.abc import Iterable
from dataclasses import replace

from oracle.list_log import ListLog

from streams.changelog import Changelog
from streams.changelog.records import Sealed, from_bytes
from streams.state import Change, Seed, Stage

WHOLE = (Stage.FIRST, Stage.MORE, Stage.LAST)


def changes_in(log: ListLog) -> list[Change]:
    records = map(from_bytes, log.records[0])
    return [record.change() for record in records if isinstance(record, Sealed)]


def seeding(changes: list[Change], name: str, stages: Iterable[Stage] = WHOLE) -> list[Change]:
    """The changes of a seed that holds what these do, or some of its stages."""
    nothing = replace(changes[-1], entries=changes[-1].entries.clear(), actors=0, counted=None)
    told = {"read_to": nothing.read_to, "event_time": nothing.event_time, "bounds": None}
    more = [replace(change, **told) for change in changes]
    of_stage = {Stage.FIRST: [nothing], Stage.MORE: more, Stage.LAST: [replace(nothing, **told)]}
    return [
        replace(change, seed=Seed(name, stage)) for stage in stages for change in of_stage[stage]
    ]


async def seed(
    log: ListLog,
    changes: list[Change],
    name: str = "one",
    stages: Iterable[Stage] = WHOLE,
    partitions: int | None = None,
) -> None:
    """Write a seed into a log, as `zhongcao rebuild --state` does."""
    owned = await Changelog(log, 0, partitions).claim(0)
    for change in seeding(changes, name, stages):
        await owned.append(change)
