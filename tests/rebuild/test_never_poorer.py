"""A rebuild that knows less than who joined before leaves the rows as they are.

Defined in docs/definitions.md §3.1, §12.
"""

from datetime import date

from ground import FACTS, ROWS, Ground
from oracle.records import DAY, at, click, pay, save, view

from rebuild import Scope

NOON = at("2026-03-10 12:00")
EVENTS = [view(NOON - DAY), save(NOON - 900), click(NOON - 800), pay(NOON), pay(NOON + DAY)]


def test_facts_that_are_lost(ground: Ground) -> None:
    ground.put(EVENTS)
    before = ground.rows()
    for lost in ("touches WHERE kind = 'save'", "touches WHERE true", "order_events WHERE true"):
        ground.client.execute(f"ALTER TABLE {lost.replace(' ', ' DELETE ', 1)}")
        ground.rebuild()
        assert ground.rows() == before


def test_days_that_begin_between_two_payments(ground: Ground) -> None:
    ground.put(EVENTS)
    before = ground.rows()
    for scope in (Scope(), Scope(since=date(2026, 3, 11)), Scope(until=date(2026, 3, 9))):
        ground.rebuild(scope, lookback_days=30)
        assert ground.rows() == before


def test_rows_that_are_gone(ground: Ground) -> None:
    ground.put(EVENTS)
    before = ground.rows()
    for table in ROWS:
        ground.client.execute(f"TRUNCATE TABLE {table}")
    ground.put(EVENTS[:1], *FACTS)
    ground.rebuild()
    assert ground.rows() == before
