"""Late events, and a state that forgets: the reading order alone says who is too late, and what every row is.

A row may lack events that came when the state held no more of what they belong to, until a rebuild joins them.

Defined in docs/definitions.md §2.2, §2.4.
"""

from functools import partial
from random import Random

import pytest

from oracle.conftest import Arena
from oracle.examples import seeds
from oracle.histories import Shape, by_arrival, crowds, history, published
from oracle.messages import Logs
from oracle.schedule import Beside, run
from oracle.worker import Worker
from rebuild import Scope
from streams.settings import Settings
from verify.expected import Rules

LATE, ALL = Scope(late=True), Scope()


def settings_of(rng: Random, lookbacks: list[int], latenesses: list[int]) -> Settings:
    return Settings(
        lookback_days=rng.choice(lookbacks),
        allowed_lateness_days=rng.choice(latenesses),
        **crowds(rng),
    )


def drained(
    arena: Arena,
    rng: Random,
    settings: Settings,
    span_days: int = 120,
    crashes: float = 0,
    beside: Beside = (),
) -> int:
    """Events about in the order of their times, some later than is allowed, by two workers, and then a rebuild.

    Returns: how many events may have been missed until then.
    """
    lateness_days = settings.allowed_lateness_days
    lookback_days = min(settings.lookback_days, 7)
    shape = Shape(60, 12, span_days, lookback_days, lateness_days, pays_again=False)
    logs = Logs(published(rng, by_arrival(rng, history(rng, shape), lateness_days)), partitions=2)
    one = Worker(settings, logs, arena.writer, arena.folder / "one", [0])
    other = Worker(settings, logs, arena.writer, arena.folder / "other", [1], one.journal)
    run(rng, one, other, batch_records=rng.choice([40, 200]), crashes=crashes, beside=beside)
    arena.verify(one.journal, Rules.of(settings))
    [(late,)] = arena.client.execute("SELECT count() FROM touches FINAL WHERE too_late")
    assert late > 0, "the example shows nothing"
    [(missed,)] = arena.client.execute("SELECT countIf(missed) FROM expected_events")
    # Whatever a state had forgotten, the facts have.
    arena.rebuild(settings, rng.choice([LATE, ALL]))
    assert arena.verify(one.journal, Rules.of(settings)) == 0
    return int(missed)


@pytest.mark.parametrize("crashes", [0, 0.1])
@seeds(4)
def test_late_events_and_expiry(arena: Arena, crashes: float, seed: int) -> None:
    arena.clear()
    rng = Random(seed)
    settings = settings_of(rng, [1, 2, 7], [0, 1, 3])
    assert drained(arena, rng, settings, crashes=crashes) > 0, "the example shows nothing"


@seeds(3)
def test_late_events_of_which_the_state_holds_all(arena: Arena, seed: int) -> None:
    """No row lacks an event; those whose window began before the first event may say that they might."""
    arena.clear()
    rng = Random(seed)
    assert drained(arena, rng, settings_of(rng, [30], [0, 1]), span_days=15) == 0


@seeds(3)
def test_a_rebuild_at_any_moment(arena: Arena, seed: int) -> None:
    """What it writes is never poorer, whatever workers write before, meanwhile and afterwards."""
    arena.clear()
    rng = Random(seed)
    settings = settings_of(rng, [2, 7], [0, 1])
    scope = rng.choice([LATE, ALL, Scope(brand="b1")])
    beside = [arena.merge, partial(arena.rebuild_meanwhile, settings, scope)]
    drained(arena, rng, settings, crashes=0.05, beside=beside)
