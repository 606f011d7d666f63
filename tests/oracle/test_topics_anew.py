"""Topics that were built anew, states that were lost, a lookback that was raised: of each row the fullest stands.

Defined in docs/definitions.md §1.9, §3.1.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from oracle.conftest import Arena
from oracle.examples import seeds
from oracle.histories import Shape, crowds, history, published
from oracle.messages import Logs, Message
from oracle.records import DAY
from oracle.schedule import run, step
from oracle.worker import Worker
from rebuild import Scope
from streams.settings import Settings
from verify.expected import Rules

#: As far as it goes; histories are shorter.
LATENESS_DAYS = 365


def settings_of(rng: Random, lookback_days: int = 7) -> Settings:
    return Settings(lookback_days=lookback_days, allowed_lateness_days=LATENESS_DAYS, **crowds(rng))


def topics(rng: Random, messages: list[Message]) -> Logs:
    """With as many partitions as it happens."""
    return Logs(messages, partitions=rng.randint(1, 4))


def messages(rng: Random) -> list[Message]:
    shape = Shape(40, 12, 60, lookback_days=7, pays_again=False)
    found = published(rng, history(rng, shape))
    rng.shuffle(found)
    return found


def again(rng: Random, messages: Sequence[Message]) -> list[Message]:
    """Some of the messages, in another order, some of them published later than before; none is less of a bad one."""
    chosen = rng.sample(messages, rng.randrange(len(messages) // 4, len(messages)))
    return [
        replace(one, timestamp=one.timestamp + rng.choice([0, 0, DAY, 30 * DAY]))
        if one.timestamp >= one.record["occurred_at"]
        else one
        for one in chosen
    ]


def drain(
    arena: Arena, rng: Random, settings: Settings, logs: Logs, journal: list[dict[str, Any]]
) -> None:
    """Read everything, from an empty state."""
    folder = arena.folder / f"after-{len(journal)}"
    worker = Worker(settings, logs, arena.writer, folder, journal=journal)
    run(rng, worker, crashes=rng.choice([0, 0.05]), beside=[arena.merge])


def some_steps(rng: Random, worker: Worker) -> None:
    """Read a part of what there is."""
    for _ in range(rng.randrange(5, 20)):
        if worker.unread():
            step(rng, worker)
    worker.write()
    worker.close()


@seeds(4)
def test_topics_that_hold_a_part_of_the_events(arena: Arena, seed: int) -> None:
    arena.clear()
    rng = Random(seed)
    settings, before, journal = settings_of(rng), messages(rng), []
    drain(arena, rng, settings, topics(rng, before), journal)
    anew = topics(rng, again(rng, before))
    drain(arena, rng, replace(settings, epoch=1), anew, journal)
    assert arena.verify(journal, Rules.of(settings)) == 0


@seeds(3)
def test_topics_that_bring_new_events_too(arena: Arena, seed: int) -> None:
    """Their state knows nothing of what only the former topics had, so rows may lack some of it, and are no poorer."""
    arena.clear()
    rng = Random(seed)
    settings, whole, journal = settings_of(rng), messages(rng), []
    before, new = whole[::2], whole[1::2]
    drain(arena, rng, settings, topics(rng, before), journal)
    assert arena.verify(journal, Rules.of(settings)) == 0
    versions = stood(arena)
    anew = topics(rng, [*again(rng, before), *new])
    drain(arena, rng, replace(settings, epoch=1), anew, journal)
    assert arena.verify(journal, Rules.of(settings)) > 0, "the example shows nothing"
    now = stood(arena)
    assert all(now[sub_order] >= version for sub_order, version in versions.items())
    arena.rebuild(settings, Scope())
    assert arena.verify(journal, Rules.of(settings)) == 0


@seeds(3)
def test_a_state_that_was_lost(arena: Arena, seed: int) -> None:
    """What it is made of anew is read from the beginning, and cut off anywhere."""
    arena.clear()
    rng = Random(seed)
    settings, journal = settings_of(rng), []
    logs = Logs(messages(rng), partitions=2)
    for name in ("first", "second"):
        worker = Worker(settings, logs, arena.writer, arena.folder / name, journal=journal)
        some_steps(rng, worker)
    last = Worker(settings, logs, arena.writer, arena.folder / "last", journal=journal)
    run(rng, last, beside=[arena.merge])
    assert arena.verify(journal, Rules.of(settings)) == 0


@pytest.mark.parametrize("lookbacks", [(7, 30), (30, 7)])
@seeds(2)
def test_a_lookback_that_was_raised(arena: Arena, lookbacks: tuple[int, int], seed: int) -> None:
    """Read again with the longer one, rows are its own; a worker with the shorter one that is left does no harm."""
    arena.clear()
    rng = Random(seed)
    logs, journal, raised = topics(rng, messages(rng)), [], settings_of(rng, 30)
    for lookback_days in lookbacks:
        drain(arena, rng, replace(raised, lookback_days=lookback_days), logs, journal)
    assert arena.verify(journal, Rules.of(raised)) == 0


@seeds(2)
def test_a_state_that_goes_on_with_a_longer_lookback(arena: Arena, seed: int) -> None:
    arena.clear()
    rng = Random(seed)
    short, journal = settings_of(rng), []
    logs = Logs(messages(rng), partitions=2)
    worker = Worker(short, logs, arena.writer, arena.folder / "state", journal=journal)
    some_steps(rng, worker)
    longer = replace(short, lookback_days=30)
    # It holds what it has read, and reads all of it once more.
    run(rng, Worker(longer, logs, arena.writer, arena.folder / "state", journal=journal))
    assert arena.verify(journal, Rules.of(longer)) == 0


def stood(arena: Arena) -> dict[tuple[str, str], int]:
    rows = arena.client.execute("SELECT brand_id, sub_order_id, version FROM conversions FINAL")
    return {(brand, sub_order): version for brand, sub_order, version in rows}
