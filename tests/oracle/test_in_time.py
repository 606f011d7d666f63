"""Where everything is in time, every row is a function of the set of events: order, cuts and repeats do not matter.

Defined in docs/definitions.md §1.3, §3.1.
"""

from random import Random

from oracle.conftest import Arena
from oracle.examples import seeds
from oracle.histories import Shape, crowds, history, published
from oracle.messages import Logs
from oracle.schedule import run
from oracle.worker import Worker
from streams.settings import Settings
from verify.expected import Rules

#: As far as it goes; histories are shorter.
LATENESS_DAYS = 365


def drained(arena: Arena, seed: int, crashes: float) -> None:
    """Events in any order, in any cuts, by two workers."""
    arena.clear()
    rng = Random(seed)
    lookback_days = rng.choice([1, 2, 7, 30])
    events = history(rng, Shape(users=60, events=12, span_days=60, lookback_days=lookback_days))
    rng.shuffle(events)
    logs = Logs(published(rng, events), partitions=3)
    settings = Settings(
        lookback_days=lookback_days, allowed_lateness_days=LATENESS_DAYS, **crowds(rng)
    )
    one = Worker(settings, logs, arena.writer, arena.folder / "one", [0, 2])
    other = Worker(settings, logs, arena.writer, arena.folder / "other", [1], one.journal)
    records = rng.choice([40, 200])
    run(rng, one, other, batch_records=records, crashes=crashes, beside=[arena.merge])
    assert arena.verify(one.journal, Rules.of(settings)) == 0


@seeds(5)
def test_any_order_in_any_cuts(arena: Arena, seed: int) -> None:
    drained(arena, seed, crashes=0)


@seeds(3)
def test_crashes_anywhere(arena: Arena, seed: int) -> None:
    drained(arena, seed, crashes=0.1)
