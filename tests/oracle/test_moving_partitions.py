"""Partitions move between workers, with the changelog as all that they share: the rows are those of one worker.

Defined in docs/definitions.md §3.1.
"""

from random import Random

from oracle.conftest import Arena
from oracle.examples import seeds
from oracle.group import Group, Member
from oracle.histories import Shape, by_arrival, crowds, history, published
from oracle.messages import Logs
from oracle.schedule import one_round
from streams.settings import Settings
from verify.expected import Rules

PARTITIONS = 3


def step(rng: Random, group: Group, members: list[Member]) -> None:
    member, what = rng.choice(members), rng.random()
    if what < 0.60:
        if unread := member.unread():
            member.read(one_round(rng, unread), rng.choice([1, 5, 15]))
    elif what < 0.70:
        member.write()
    elif what < 0.80:
        member.commit()
    elif what < 0.85:
        member.crash(lose_disk=rng.random() < 0.5)
    else:
        owner = {partition: rng.choice(members) for partition in range(PARTITIONS)}
        group.assign(owner, unaware=rng.choice([None, *members]))


def drained(arena: Arena, seed: int, lateness_days: int | None) -> int:
    """Three workers that take random steps until all is committed; how often one was fenced."""
    arena.clear()
    rng = Random(seed)
    lookback_days = rng.choice([1, 2, 7])
    shape = Shape(60, 12, 60 if lateness_days is None else 120, lookback_days)
    events = history(rng, shape)
    if lateness_days is None:
        rng.shuffle(events)
        lateness_days = 365
    else:
        events = by_arrival(rng, events, lateness_days)
    settings = Settings(
        lookback_days=lookback_days, allowed_lateness_days=lateness_days, **crowds(rng)
    )
    logs = Logs(published(rng, events), PARTITIONS)
    group = Group(settings, logs, arena)
    members = [Member(group, name) for name in ("one", "two", "three")]
    group.assign({partition: rng.choice(members) for partition in range(PARTITIONS)})
    while group.unread():
        step(rng, group, members)
    for member in members:
        member.write()
        member.partitions.close()
    arena.verify(group.journal, Rules.of(settings))
    return sum(member.fenced for member in members)


@seeds(2)
def test_any_order(arena: Arena, seed: int) -> None:
    assert drained(arena, seed, lateness_days=None) > 0


@seeds(3)
def test_late_events_and_expiry(arena: Arena, seed: int) -> None:
    assert drained(arena, seed, lateness_days=Random(seed).choice([0, 1, 3])) > 0
