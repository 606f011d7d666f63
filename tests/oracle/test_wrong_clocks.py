"""Producers and workers whose clocks are wrong: what is refused is refused, and every other row is what it was.

Defined in docs/definitions.md §11.2.
"""

from dataclasses import replace
from random import Random

from oracle.conftest import Arena
from oracle.examples import seeds
from oracle.histories import Shape, by_arrival, history
from oracle.messages import Logs, encoded
from oracle.records import DAY, but
from oracle.schedule import run
from oracle.worker import Worker
from schemas.topics import SourceEvent
from streams.settings import Settings
from verify.expected import Rules


def forged(rng: Random, event: SourceEvent) -> SourceEvent:
    """The same by a clock that is ahead; about half of them within what is taken."""
    at = event.record["occurred_at"] + rng.choice([DAY // 2, DAY, 3 * DAY, 400 * DAY])
    return replace(but(event, occurred_at=at), timestamp=at)


@seeds(5)
def test_clocks_ahead(arena: Arena, seed: int) -> None:
    arena.clear()
    rng = Random(seed)
    events = by_arrival(rng, history(rng, Shape(40, 10, 60, 2)), 3)
    messages = [
        encoded(forged(rng, event) if rng.random() < 0.05 else replace(event, timestamp=at))
        for event in events
        for at in [event.record["occurred_at"] + DAY]
    ]
    newest = max(event.record["occurred_at"] for event in events)
    settings, logs = Settings(lookback_days=2, allowed_lateness_days=3), Logs(messages, 2)
    one = Worker(settings, logs, arena.writer, arena.folder / "one", [0], now_ms=lambda: newest)
    # This one's clock lags: it refuses what others would take.
    other = Worker(
        *(settings, logs, arena.writer, arena.folder / "other", [1], one.journal),
        now_ms=lambda: newest - 20 * DAY,
    )
    run(rng, one, other, crashes=0.05)
    arena.verify(one.journal, Rules(2, 3))
    [(refused,)] = arena.client.execute(
        "SELECT countIf(reason = 'from_the_future') FROM current_dead_letters"
    )
    assert refused > 0, "the example shows nothing"
