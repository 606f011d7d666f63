"""Which windows are open: a step is closed when the topics that can still change it have passed its last day.

Defined in docs/definitions.md §8.2, §8.3.
"""

import pytest
from sink_rows import T0, block

DAY_MS = 86_400_000
VIEW, SAVE, CLICK = 1, 2, 4
OPEN = "saved_open, clicked_open, bought_open, open"


@pytest.fixture
def happened(writer):
    """Puts an event of each of two users, or of those named, so many days after T0; it is of another brand."""

    def put(kind, days, users=("v", "w")):
        rows = [
            {"brand_id": "other", "user_id": user, "occurred_at": T0 + days * DAY_MS}
            for user in users
        ]
        if kind == "order":
            orders = (
                {**row, "txn_id": row["user_id"], "sub_order_id": row["user_id"]} for row in rows
            )
            writer.insert(block("order_events", *orders))
        else:
            writer.insert(block("touches", *({**row, "kind": kind} for row in rows)))

    return put


@pytest.fixture
def opened(writer, query):
    """What is open of a journey that began at T0, within seven days."""
    writer.insert(block("journeys", {}))
    writer.insert(block("conversions", {"brand_id": "other"}))

    def told():
        [(*steps, any_of_them)] = query(
            f"SELECT {OPEN} FROM journey_steps(window_days = 7) WHERE brand_id = 'b'"
        )
        shares = query("SELECT open_share FROM funnel(window_days = 7) WHERE brand_id = 'b'")
        assert shares == [(float(any(steps)),)]
        assert any_of_them == any(steps)
        return tuple(steps)

    return told


def test_a_window_is_closed_once_two_users_were_seen_behind_it(happened, opened):
    assert opened() == (True, True, True)
    happened(VIEW, 7)
    assert opened() == (True, True, True)
    happened(VIEW, 8, ["v"])
    assert opened() == (True, True, True)
    happened(VIEW, 8, ["w"])
    # Of topics that never had an event nothing is expected.
    assert opened() == (False, False, False)


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        (SAVE, (True, False, False)),
        (CLICK, (False, True, False)),
        ("order", (False, False, True)),
    ],
)
def test_a_topic_that_lags_keeps_its_own_step_open(happened, opened, kind, left):
    happened(VIEW, 8)
    happened(kind, 7)
    assert opened() == left
    happened(kind, 8)
    assert opened() == (False, False, False)


def test_views_that_lag_keep_every_step_open(happened, opened):
    happened(VIEW, 7)
    for kind in (SAVE, CLICK, "order"):
        happened(kind, 9)
    assert opened() == (True, True, True)


def test_one_event_far_ahead_closes_nothing(happened, opened):
    happened(VIEW, 5)
    happened(VIEW, 60, ["x"])
    assert opened() == (True, True, True)


def test_journeys_of_before_a_topic_began_are_at_the_left_edge(happened, writer, query):
    writer.insert(block("journeys", {}, {"entry_date": 20_256, "entered_at": T0 + 2 * DAY_MS}))
    writer.insert(block("conversions", {"brand_id": "other"}))
    happened(VIEW, 0)
    asked = "SELECT left_edge FROM {}(window_days = 7) WHERE brand_id = 'b' ORDER BY entry_date"
    for view in ("journey_steps", "funnel"):
        assert query(asked.format(view)) == [(False,), (False,)]
    happened("order", 2)
    for view in ("journey_steps", "funnel"):
        assert query(asked.format(view)) == [(True,), (False,)]
