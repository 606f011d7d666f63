"""Workers that see the same events in different order write tables that agree.

Defined in docs/definitions.md §3.1.
"""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from oracle.conftest import Arena
from oracle.examples import seeds
from oracle.histories import Shape, history, published
from oracle.messages import Logs, Message
from oracle.schedule import run
from oracle.worker import Worker
from streams.settings import Settings
from verify.expected import ROWS, Rules
from verify.tables import TABLES

LOOKBACK_DAYS, LATENESS_DAYS = 7, 365
SETTINGS = Settings(lookback_days=LOOKBACK_DAYS, allowed_lateness_days=LATENESS_DAYS)
CROWDED = replace(SETTINGS, crowded_sub_orders=2, crowded_touches=5)


def messages(rng: Random) -> list[Message]:
    return published(rng, history(rng, Shape(40, 12, 30, LOOKBACK_DAYS)))


def written(
    arena: Arena, rng: Random, messages: list[Message], settings: Settings
) -> dict[str, Any]:
    """The rows that a worker leaves, versions included, but for dead letters: those are told apart by offset."""
    arena.clear()
    logs = Logs(messages, partitions=rng.randint(1, 4))
    run(rng, Worker(settings, logs, arena.writer, arena.folder), crashes=0.02)
    return {
        table: arena.client.execute(f"SELECT * FROM {TABLES[table].source} ORDER BY ALL")
        for table in ROWS
    }


@pytest.mark.parametrize("settings", [SETTINGS, CROWDED])
@seeds(3)
def test_two_orders_of_one_set_leave_the_same_rows(
    arena: Arena, settings: Settings, seed: int
) -> None:
    rng = Random(seed)
    events = messages(rng)
    first = written(arena, rng, events, settings)
    again = written(arena, rng, rng.sample(events, len(events)), settings)
    assert first == again
    assert all(first.values())


@pytest.mark.parametrize("settings", [SETTINGS, CROWDED])
@seeds(3)
def test_two_workers_that_both_read_everything(arena: Arena, settings: Settings, seed: int) -> None:
    """As after a rebalance that leaves the old worker running: the poorer row must never win."""
    arena.clear()
    rng = Random(seed)
    logs = Logs(messages(rng), partitions=1)
    one = Worker(settings, logs, arena.writer, arena.folder / "one")
    other = Worker(settings, logs, arena.writer, arena.folder / "other")
    run(rng, one, other)
    assert arena.verify(one.journal, Rules.of(settings)) == 0
