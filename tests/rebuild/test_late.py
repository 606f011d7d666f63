"""--late: the users with a late event that no rebuild has covered.

Defined in docs/definitions.md §12.
"""

from datetime import date
from typing import Any

import pytest
from ground import FACTS, Ground, workers
from oracle.records import DAY, at, but, pay, view

from rebuild import Scope
from schemas.topics import SourceEvent

NOON = at("2026-03-10 12:00")
LATE = Scope(late=True)
#: What event time has passed by when the late ones come.
NOW = view(NOON + 20 * DAY, user_id="u0")


def of(user: str, sub_order: str, occurred_at: int = NOON, **fields: Any) -> SourceEvent:
    return but(pay(occurred_at, sub_order, txn_id=sub_order), user_id=user, **fields)


def put(ground: Ground, *late: SourceEvent) -> None:
    ground.put([NOW, *late], *FACTS)


def test_only_users_with_late_events(ground: Ground) -> None:
    ground.put([of("u1", "in-time"), of("u2", "other", NOON + 1)], *FACTS)
    put(ground, of("u2", "late"))
    done = ground.rebuild(LATE)
    assert ground.paid() == {"late", "other"}
    assert (done.since, done.until, done.users, done.facts) == (*[date(2026, 3, 10)] * 2, 1, 2)


def test_what_was_covered(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    workers(monkeypatch, published_until=NOON)
    put(ground, of("u1", "s1"))
    assert ground.rebuild(LATE).conversions == 1
    assert ground.rebuild(LATE).since is None
    # Published behind what the rebuild could see.
    put(ground, of("u2", "s2", NOON + 1))
    assert ground.rebuild(LATE).users == 1
    assert ground.rebuild(LATE).users == 1


@pytest.mark.parametrize(
    "covered",
    [
        {"brand_id": "b2"},
        {"since": date(2026, 3, 11)},
        {"until": date(2026, 3, 9)},
        {"lookback_days": 29},
        {"published_until": NOON - 1},
    ],
)
def test_what_others_have_not_covered(ground: Ground, covered: dict[str, Any]) -> None:
    whole = {"brand_id": "", "since": date(2026, 3, 10), "until": date(2026, 3, 10)}
    whole |= {"lookback_days": 30, "published_until": NOON, "rebuild_id": "r1"}
    row = whole | {"started_at": NOON, "finished_at": NOON} | covered
    put(ground, of("u1", "s1"))
    names = ", ".join(row)
    ground.client.execute(f"INSERT INTO rebuilds ({names}) VALUES", [tuple(row.values())])
    assert ground.rebuild(LATE).users == 1
    ground.clear()
    put(ground, of("u1", "s1"))
    row |= whole
    ground.client.execute(f"INSERT INTO rebuilds ({names}) VALUES", [tuple(row.values())])
    assert ground.rebuild(LATE).since is None
    assert ground.rebuild(Scope(late=True, uncovered=False)).users == 1


def test_late_events_of_some_days_and_a_brand(ground: Ground) -> None:
    put(ground, of("u1", "s1"), of("u2", "s2", NOON - DAY), of("u3", "s3", brand_id="b2"))
    ground.rebuild(Scope(brand="b1", since=date(2026, 3, 10), late=True))
    assert ground.paid() == {"s1"}
    assert ground.rebuild(LATE).users == 2
