"""Ids are opaque: whatever is in them is neither SQL nor a place for something else."""

import pytest
from ground import FACTS, PATIENT, Ground, at_times
from oracle.records import DAY, at, but, click, pay, save, view

from rebuild import Scope, facts
from schemas.topics import SourceEvent

MARKS = ["'", "''", "\\", "\\'", "{read}", "{0}", "{", "%s", "%(x)s", "\n", "\t", "`", '"', "\x00"]
IDS = [*MARKS, "-- ", "用" * 64, "🌱", " "]
NOON = at("2026-03-10 12:00")


def events() -> list[SourceEvent]:
    """Each id as that of a user, a brand, a note, a click and an order; half of the users are crowded."""
    found = []
    for number, one in enumerate(IDS):
        views = [view(NOON - n, one) for n in range(3 + number % 2)]
        acts = [save(NOON, one), click(NOON, one, click_id=one, item_id=one)]
        paid = pay(NOON + DAY, one, txn_id=one, order_id=one, item_id=one, click_id=one)
        found += [but(act, user_id=one, brand_id=one) for act in (*views, *acts, paid)]
    return found


@pytest.mark.parametrize("part", [9, 400_000])
def test_any_id(ground: Ground, right: Ground, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    monkeypatch.setattr(facts, "PART", part)
    settings = {"allowed_lateness_days": PATIENT, "crowded_touches": 5}
    right.put(at_times(events()), **settings)
    ground.put(events(), *FACTS, **settings)
    assert ground.rebuild(**settings).conversions == len(IDS)
    assert ground.rows() == right.rows()
    crowded = "SELECT countIf(path_truncated) FROM conversions FINAL"
    assert ground.client.execute(crowded) == [(len(IDS) // 2,)]


@pytest.mark.parametrize("brand", IDS)
def test_any_brand(ground: Ground, brand: str) -> None:
    ground.put(events(), *FACTS)
    ground.rebuild(Scope(brand=brand))
    assert ground.paid() == {brand}
    ground.rebuild(Scope(late=True))
    assert ground.paid() == {brand}
