"""sales: payers, orders and sub-orders of some days, what was touched, and what can still change or is not known.

Defined in docs/definitions.md §8.3, §8.4.
"""

import pytest
from orders import DAY_MS, sub_order
from sink_rows import T0, block


@pytest.fixture
def sales(query):
    def ask(columns, lookback_days=7, since="2025-06-01", until="2025-06-30"):
        return query(
            f"SELECT {columns} FROM sales(lookback_days = %(days)s, since = %(since)s, until = %(until)s)"
            " ORDER BY brand_id",
            {"days": lookback_days, "since": since, "until": until},
        )

    return ask


def test_each_population_is_counted_for_itself(shop, writer, sales):
    shop(
        sub_order(("a", "view", 1), paid=(100,), refunded=(30,)),
        sub_order(("a", "view", 9), paid=(50,)),
        sub_order(paid=(7,), paid_at=T0 + 20 * DAY_MS),
        sub_order(paid=(1,), brand_id="c"),
    )
    one_more = sub_order(("b", "click", 0), paid=(5,))
    writer.insert(block("conversions", {**one_more[0], "order_id": "o-two", "user_id": "v"}))
    writer.insert(block("order_events", *one_more[1]))
    people = "brand_id, payers, orders, sub_orders, net_fen, touched_sub_orders, touched_net_fen"
    assert sales(people) == [("b", 2, 3, 3, 125, 2, 75), ("c", 1, 1, 1, 1, 0, 0)]
    assert sales(people, lookback_days=9)[0] == ("b", 2, 3, 3, 125, 3, 125)
    assert sales("gross_fen, refunded_fen", until="2025-07-10")[0] == (162, 30)
    assert sales(people, until="2025-06-14") == []


def test_refunds_of_the_last_fifteen_days_may_still_come(shop, writer, sales):
    shop(sub_order(paid=(100,)), sub_order(paid=(300,), paid_at=T0 + DAY_MS))
    assert sales("refund_open_share") == [(1.0,)]
    for user in "vw":
        row = {"brand_id": "other", "user_id": user, "txn_id": user, "sub_order_id": user}
        writer.insert(block("order_events", {**row, "occurred_at": T0 + 16 * DAY_MS}))
    # All of June 30 has been passed: 15 days before it is the 15th, the day of T0.
    assert sales("refund_open_share") == [(0.75,)]


def test_windows_that_begin_before_the_touches_are_marked(shop, writer, sales):
    shop(sub_order(), sub_order(paid_at=T0 + DAY_MS), sub_order(paid_at=T0 + 2 * DAY_MS))
    writer.insert(block("touches", {"brand_id": "other", "occurred_at": T0 - 6 * DAY_MS}))
    assert sales("left_edge_share", lookback_days=6) == [(0.0,)]
    assert sales("left_edge_share", lookback_days=7) == [(1 / 3,)]
    assert sales("left_edge_share", lookback_days=8) == [(2 / 3,)]
