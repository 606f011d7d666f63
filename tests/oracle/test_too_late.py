"""Late events, and a state that forgets: the reading order alone says who is too late, and what every row is."""

from random import Random

from oracle.conftest import Arena
from oracle.examples import seeds
from oracle.histories import Shape, by_arrival, crowds, history, published
from oracle.messages import Logs
from oracle.schedule import run
from oracle.worker import Worker
from streams.settings import Settings
from verify.expected import Rules


def drained(arena: Arena, seed: int, span_days: int, crashes: float) -> None:
    """Events about in the order of their times, some later than is allowed, by two workers."""
    arena.clear()
    rng = Random(seed)
    lookback_days, lateness_days = rng.choice([1, 2, 7]), rng.choice([0, 1, 3])
    shape = Shape(60, 12, span_days, lookback_days, lateness_days)
    events = by_arrival(rng, history(rng, shape), lateness_days)
    logs = Logs(published(rng, events), partitions=2)
    settings = Settings(
        lookback_days=lookback_days, allowed_lateness_days=lateness_days, **crowds(rng)
    )
    one = Worker(settings, logs, arena.writer, arena.folder / "one", [0])
    other = Worker(settings, logs, arena.writer, arena.folder / "other", [1], one.journal)
    run(rng, one, other, batch_records=rng.choice([40, 200]), crashes=crashes)
    arena.verify(one.journal, Rules.of(settings))
    [(late,)] = arena.client.execute("SELECT count() FROM current_touches WHERE too_late")
    assert late > 0, "the example shows nothing"


@seeds(6)
def test_late_events_and_expiry(arena: Arena, seed: int) -> None:
    drained(arena, seed, span_days=120, crashes=0)


@seeds(5)
def test_crashes_while_the_state_forgets(arena: Arena, seed: int) -> None:
    drained(arena, seed, span_days=120, crashes=0.1)
