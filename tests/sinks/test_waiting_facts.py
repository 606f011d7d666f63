"""What came too late is named as long as no rebuild has covered it, with the sub-orders that lack it."""

from datetime import date

import pytest
from orders import DAY_MS, sub_order
from sink_rows import T0, block

LATE = {"too_late": True, "occurred_at": T0 - DAY_MS}
SAVE = {**LATE, "kind": 2}
LACKING = "sub-orders that lack touches"
TOUCHES, PAYMENTS = "touches that were too late", "payments that were too late"
DAY = date(2025, 6, 14)
#: A rebuild that covers what is late here.
REBUILT = {
    "rebuild_id": "r",
    "brand_id": "",
    "since": DAY,
    "until": DAY,
    "lookback_days": 30,
    "published_until": T0,
}


@pytest.fixture
def waiting(query):
    """measure → number, of a brand's facts and sub-orders that wait for a rebuild."""

    def ask(days=30):
        return dict(
            query(
                "SELECT measure, sum(r.found) FROM reconciliation(lookback_days = %(days)s) AS r"
                " WHERE measure LIKE '%% that %%' GROUP BY measure",
                {"days": days},
            )
        )

    return ask


@pytest.fixture
def rebuilt(query):
    def put(**others):
        row = {"started_at": T0, "finished_at": T0} | REBUILT | others
        query(f"INSERT INTO rebuilds ({', '.join(row)}) VALUES", [tuple(row.values())])

    return put


def test_late_facts_are_named_until_a_rebuild_covers_them(shop, writer, waiting, rebuilt):
    shop(sub_order())
    _, [event] = sub_order(sub_order_id="late")
    writer.insert(block("order_events", {**event, **LATE}))
    writer.insert(block("touches", {**SAVE, "user_id": "v"}, {**SAVE, "kind": 3}))
    assert waiting() == {TOUCHES: 1, PAYMENTS: 1}
    rebuilt()
    assert waiting() == {}


@pytest.mark.parametrize(
    "other",
    [
        {"brand_id": "b2"},
        {"since": date(2025, 6, 15), "until": date(2025, 6, 15)},
        {"until": date(2025, 6, 13)},
        {"published_until": T0 - 1},
        {"lookback_days": 29},
    ],
)
def test_a_rebuild_of_something_else_covers_nothing(shop, writer, waiting, rebuilt, other):
    shop(sub_order(brand_id="b"))
    writer.insert(block("touches", SAVE))
    rebuilt(**other)
    assert waiting() == {TOUCHES: 1, LACKING: 1}
    rebuilt(brand_id="b", rebuild_id="r2")
    assert waiting() == {}


def test_a_missing_step_is_no_longer_excused_once_it_was_rebuilt(shop, writer, query, rebuilt):
    shop(sub_order())
    writer.insert(block("touches", {**LATE, "kind": 1}, {**SAVE, "occurred_at": T0 - DAY_MS + 1}))
    asked = (
        "SELECT r.expected, r.found, reason FROM reconciliation(lookback_days = 7) AS r"
        " WHERE measure = 'savers' AND r.difference != 0"
    )
    [(expected, found, reason)] = query(asked)
    assert (expected, found) == (1, 0)
    assert "came too late" in reason
    rebuilt()
    [(_, _, reason)] = query(asked)
    assert "rows were lost" in reason


@pytest.mark.parametrize(
    ("touch", "days", "lacking"),
    [
        ({}, 30, 1),
        ({"user_id": "v"}, 30, 0),
        ({"brand_id": "b2"}, 30, 0),
        ({"kind": 3}, 30, 0),
        ({"occurred_at": T0}, 30, 1),
        ({"occurred_at": T0 + 1}, 30, 0),
        ({"occurred_at": T0 - 7 * DAY_MS}, 7, 1),
        ({"occurred_at": T0 - 7 * DAY_MS - 1}, 7, 0),
        ({"too_late": False}, 30, 0),
        # It is in the path.
        ({"note_id": "a", "occurred_at": T0 - 2 * DAY_MS}, 30, 0),
        ({"note_id": "b", "occurred_at": T0 - 2 * DAY_MS}, 30, 1),
    ],
)
def test_sub_orders_lack_late_touches_of_their_user_and_window(
    shop, writer, waiting, touch, days, lacking
):
    shop(sub_order(("a", "save", 2), paid_at=T0), sub_order(paid_at=T0 - 90 * DAY_MS))
    writer.insert(block("touches", {**SAVE, **touch}))
    assert waiting(days).get(LACKING, 0) == lacking


def test_a_click_lacks_nothing_where_it_is_in_the_path_at_another_time(shop, writer, waiting):
    conversion, events = sub_order(("a", "click", 2))
    shop(({**conversion, "path.click_id": ["c"]}, events))
    click = {**LATE, "kind": 4, "note_id": "a"}
    writer.insert(block("touches", {**click, "click_id": "c"}))
    assert LACKING not in waiting()
    writer.insert(block("touches", {**click, "click_id": "d"}))
    assert waiting()[LACKING] == 1


def test_what_was_cut_from_a_path_is_not_lacking(shop, writer, waiting):
    conversion, events = sub_order(("a", "save", 0.5))
    shop(({**conversion, "path_truncated": True}, events))
    crowded, events = sub_order()
    shop(({**crowded, "path_truncated": True}, events))
    writer.insert(block("touches", SAVE))
    assert LACKING not in waiting()
    writer.insert(block("touches", {**SAVE, "occurred_at": T0 - 1}))
    assert waiting()[LACKING] == 1
