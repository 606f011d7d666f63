"""What is asked for is made anew, and nothing else: the rows that events of some days, or of a brand, can change.

Defined in docs/definitions.md §12.
"""

from datetime import date

import pytest
from ground import FACTS, Ground
from oracle.records import DAY, at, but, click, pay, save, view

from rebuild import Scope
from schemas.errors import SettingsError

#: The days that are asked for, with a lookback of two.
FIRST, BEHIND = at("2026-03-10 00:00"), at("2026-03-13 00:00")
SCOPE = Scope(since=date(2026, 3, 10), until=date(2026, 3, 12))
WIDEST = Scope(since=date(1, 1, 1), until=date(9999, 12, 31))

PAID = {
    "before": FIRST - 1,
    "first": FIRST,
    "last": BEHIND - 1,
    "reached": BEHIND + 2 * DAY - 1,
    "behind": BEHIND + 2 * DAY,
}
ENTERED = {
    "before": FIRST - 2 * DAY - 1,
    "reaching": FIRST - 2 * DAY,
    "last": BEHIND - 1,
    "behind": BEHIND,
}


def test_orders_from_the_first_day_to_the_lookback_behind_the_last(ground: Ground) -> None:
    ground.put([view(FIRST), *(pay(paid_at, name) for name, paid_at in PAID.items())], *FACTS)
    done = ground.rebuild(SCOPE, lookback_days=2)
    # The days that are told are those of facts.
    assert (done.since, done.until) == (date(2026, 3, 10), date(2026, 3, 12))
    assert ground.paid() == {"first", "last", "reached"}


def test_journeys_from_the_lookback_before_the_first_day(ground: Ground) -> None:
    steps = [
        step
        for note, entered_at in ENTERED.items()
        for step in (view(entered_at, note), save(entered_at, note))
    ]
    ground.put([*steps, view(FIRST)], *FACTS)
    ground.rebuild(SCOPE, lookback_days=2)
    saved = "SELECT note_id FROM journeys FINAL WHERE saved_at IS NOT NULL"
    assert {note for (note,) in ground.client.execute(saved)} == {"reaching", "last"}


def test_a_window_is_read_whole(ground: Ground) -> None:
    """Both at the first and behind the last of the days."""
    windows = [view(FIRST - 2 * DAY), pay(FIRST, "first"), view(BEHIND - 1), click(BEHIND + DAY)]
    ground.put([*windows, pay(BEHIND + 2 * DAY - 1, "last")], *FACTS)
    ground.rebuild(SCOPE, lookback_days=2)
    assert ground.paths() == {"first": ["view"], "last": ["view", "click"]}


def test_the_other_brands_are_left_alone(ground: Ground) -> None:
    pays = [pay(FIRST, "s1"), but(pay(FIRST, "s2"), brand_id="b2")]
    ground.put(pays, *FACTS)
    assert ground.rebuild(Scope(brand="b2")).conversions == 1
    assert ground.paid() == {"s2"}
    assert ground.client.execute("SELECT brand_id FROM rebuilds") == [("b2",)]


@pytest.mark.parametrize("brand", ["b'1", "{b}", "b\\", "%b%", "b\n", "\x00", "🌱", "", "1 OR 1"])
def test_a_brand_that_nobody_knows(ground: Ground, brand: str) -> None:
    ground.put([pay(FIRST)], *FACTS)
    with pytest.raises(SettingsError, match="is of the brand"):
        ground.rebuild(Scope(brand=brand))


def test_days_without_events(ground: Ground) -> None:
    assert ground.rebuild().since is None
    ground.put([pay(FIRST)], *FACTS)
    for scope in (Scope(until=date(2026, 3, 9)), Scope(brand="b1", since=date(2026, 3, 11))):
        assert ground.rebuild(scope).since is None
    assert ground.client.execute("SELECT count() FROM rebuilds") == [(0,)]


def test_all_days_that_there_can_be(ground: Ground) -> None:
    ground.put([view(at("1992-01-01 00:00")), pay(at("2026-03-10 23:00"))], *FACTS)
    ground.rebuild(WIDEST, lookback_days=90)
    assert ground.paid() == {"s1"}
