"""Whatever a worker had joined before, a rebuild makes the rows of all events in the order of their times."""

from random import Random

import pytest
from ground import FACTS, PATIENT, Ground, at_times, stamped
from oracle.examples import seeds
from oracle.histories import Shape, by_arrival, crowds, history
from oracle.records import DAY

from rebuild import Scope, facts
from schemas.topics import LINK_CLICKS, SourceEvent

SETTINGS = {"lookback_days": 5}


def events_of(rng: Random) -> list[SourceEvent]:
    """Some of them twice, and some clicks stamped again.

    An order line has one time: of several, the table has but the least, so none but workers can join the others.
    """
    found = list({_identity(one): one for one in history(rng, Shape(20, 12, 60, 5))}.values())
    again = rng.sample(found, len(found) // 5)
    clicks = [one for one in found if one.topic == LINK_CLICKS]
    later = [
        stamped(one, one.record["occurred_at"] + rng.choice([-DAY, 1, 4 * DAY]))
        for one in rng.sample(clicks, len(clicks) // 3)
    ]
    return [*found, *again, *later]


def _identity(event: SourceEvent) -> object:
    record = event.record
    return (record["txn_id"], record["kind"]) if "txn_id" in record else str(record)


def made(rng: Random, ground: Ground, right: Ground, **settings: int) -> None:
    """All facts, with the rows of a worker who has joined some of them; and the right rows."""
    for one in (ground, right):
        one.clear()
    events = events_of(rng)
    right.put(at_times(events), allowed_lateness_days=PATIENT, **settings)
    hasty = by_arrival(rng, events, 0)
    ground.put(hasty, allowed_lateness_days=0, **settings)


@seeds(5)
def test_after_a_worker_who_was_late_for_some(ground: Ground, right: Ground, seed: int) -> None:
    rng = Random(seed)
    settings = SETTINGS | crowds(rng)
    made(rng, ground, right, **settings)
    ground.rebuild(rng.choice([Scope(), Scope(late=True)]), **settings)
    assert ground.rows() == right.rows()
    done = ground.rebuild(**settings)
    assert done.conversions > 0 < done.journeys
    assert ground.rows() == right.rows()
    assert ground.rebuild(Scope(late=True), **settings).since is None


@seeds(3)
def test_of_facts_alone_in_many_parts(
    ground: Ground, right: Ground, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(facts, "PART", 20)
    monkeypatch.setattr(facts, "PAID_AT_ONCE", 3)
    rng = Random(seed)
    settings = SETTINGS | {"crowded_sub_orders": rng.choice([1, 3]), "crowded_touches": 6}
    for one in (ground, right):
        one.clear()
    events = events_of(rng)
    right.put(at_times(events), allowed_lateness_days=PATIENT, **settings)
    ground.put(events, *FACTS, allowed_lateness_days=PATIENT, **settings)
    done = ground.rebuild(**settings)
    assert ground.rows()["conversions"] == right.rows()["conversions"]
    # Views come to journeys as they are written.
    assert ground.rows()["journeys"] == right.rows()["journeys"]
    assert done.facts > 100


@seeds(3)
def test_a_lookback_that_was_raised(ground: Ground, right: Ground, seed: int) -> None:
    rng = Random(seed)
    made(rng, ground, right, lookback_days=5)
    ground.rebuild(lookback_days=5)
    right.clear()
    made_again = events_of(Random(seed))
    right.put(at_times(made_again), allowed_lateness_days=PATIENT, lookback_days=40)
    ground.rebuild(lookback_days=40)
    assert ground.rows() == right.rows()
