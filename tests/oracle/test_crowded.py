"""Crowded users: whatever the order, the cuts, the crashes and the workers, rows are functions of the set of events.

Defined in docs/definitions.md §9.
"""

from random import Random

from oracle.conftest import Arena
from oracle.examples import seeds
from oracle.group import Group, Member
from oracle.histories import Shape, by_arrival, history, published
from oracle.messages import Logs
from oracle.schedule import run
from oracle.test_moving_partitions import PARTITIONS, step
from oracle.worker import Worker
from streams.settings import Settings
from verify.expected import Rules


def settings_of(rng: Random, lateness_days: int = 365) -> Settings:
    """Bounds that some users are beyond."""
    return Settings(
        lookback_days=rng.choice([1, 7, 30, 45]),
        allowed_lateness_days=lateness_days,
        crowded_sub_orders=rng.choice([2, 4]),
        crowded_touches=rng.choice([5, 10]),
    )


def shape_of(settings: Settings) -> Shape:
    return Shape(users=30, events=24, span_days=100, lookback_days=settings.lookback_days)


def has_both(arena: Arena) -> bool:
    """Are there crowded conversions, and others?"""
    [(crowded, others)] = arena.client.execute(
        "SELECT countIf(path_truncated AND empty(`path.kind`)), countIf(notEmpty(`path.kind`)) FROM current_conversions"
    )
    return bool(crowded and others)


@seeds(4)
def test_any_order_and_crashes(arena: Arena, seed: int) -> None:
    arena.clear()
    rng = Random(seed)
    settings = settings_of(rng)
    events = history(rng, shape_of(settings))
    rng.shuffle(events)
    logs = Logs(published(rng, events), partitions=2)
    one = Worker(settings, logs, arena.writer, arena.folder / "one", [0])
    other = Worker(settings, logs, arena.writer, arena.folder / "other", [1], one.journal)
    run(rng, one, other, batch_records=rng.choice([20, 100]), crashes=rng.choice([0, 0.1]))
    assert arena.verify(one.journal, Rules.of(settings)) == 0
    assert has_both(arena)


@seeds(3)
def test_two_workers_that_both_read_everything(arena: Arena, seed: int) -> None:
    arena.clear()
    rng = Random(seed)
    settings = settings_of(rng)
    logs = Logs(published(rng, history(rng, shape_of(settings))), partitions=1)
    one = Worker(settings, logs, arena.writer, arena.folder / "one")
    other = Worker(settings, logs, arena.writer, arena.folder / "other")
    run(rng, one, other, batch_records=50)
    assert arena.verify(one.journal, Rules.of(settings)) == 0
    assert has_both(arena)


@seeds(3)
def test_partitions_that_move(arena: Arena, seed: int) -> None:
    arena.clear()
    rng = Random(seed)
    settings = settings_of(rng, lateness_days := rng.choice([3, 365]))
    events = by_arrival(rng, history(rng, shape_of(settings)), min(lateness_days, 60))
    group = Group(settings, Logs(published(rng, events), PARTITIONS), arena)
    members = [Member(group, name) for name in ("one", "two", "three")]
    group.assign({partition: rng.choice(members) for partition in range(PARTITIONS)})
    while group.unread():
        step(rng, group, members)
    for member in members:
        member.write()
        member.partitions.close()
    arena.verify(group.journal, Rules.of(settings))
