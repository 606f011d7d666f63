"""The table `order_events` and the amounts that are summed from it.

Defined in docs/definitions.md §1.4, §1.6, §1.7.
"""

from itertools import permutations

import pytest
from sink_rows import T0, block

PAY, REFUND = 1, 2
#: An hour before the payment.
TOUCH = {
    "occurred_at": T0 - 3_600_000,
    "kind": 1,
    "note_id": "n",
    "item_id": "",
    "click_id": "",
    "promoted": False,
    "surface": "SEARCH",
}


@pytest.mark.parametrize("order", list(permutations([(T0, 5), (T0, 3), (T0 - 1, 9), (T0 + 1, 1)])))
def test_the_least_time_of_a_payment_stands_and_then_the_first_delivery(writer, query, order):
    for occurred_at, published_at in order:
        row = {"occurred_at": occurred_at, "published_at": published_at, "too_late": True}
        writer.insert(block("order_events", {**row, "amount_fen": 250}))
    times = "toUnixTimestamp64Milli(occurred_at), toUnixTimestamp64Milli(published_at)"
    assert query(f"SELECT {times}, too_late FROM current_order_events") == [(T0 - 1, 9, True)]
    assert query("SELECT gross_fen FROM sub_order_amounts") == [(250,)]


@pytest.mark.parametrize("order", list(permutations([True, False, True])))
def test_of_deliveries_that_were_published_at_one_time_one_in_time_stands(writer, query, order):
    for too_late in order:
        writer.insert(block("order_events", {"published_at": 5, "too_late": too_late}))
    assert query("SELECT too_late FROM current_order_events") == [(False,)]


def test_a_payment_and_a_refund_of_one_transaction_both_stand(writer, query):
    writer.insert(block("order_events", {"amount_fen": 1_000}, {"kind": REFUND, "amount_fen": 400}))
    assert query("SELECT gross_fen, net_fen FROM sub_order_amounts") == [(1_000, 600)]


def test_sub_orders_of_two_platforms_are_two(writer, query):
    for platform, fen in (("TAOBAO", 100), ("JD", 30)):
        writer.insert(block("order_events", {"platform": platform, "amount_fen": fen}))
        writer.insert(block("conversions", {"platform": platform}))
    asked = "SELECT platform, net_fen FROM conversions_with_amounts ORDER BY platform"
    assert query(asked) == [("JD", 30), ("TAOBAO", 100)]
    asked = "SELECT toString(what), linear_fen, amount_fen FROM explain(sub_order_id = 's', lookback_days = 30)"
    assert query(f"{asked} WHERE platform = 'JD' ORDER BY what") == [
        ("organic", 30, None),
        ("payment", None, 30),
    ]


def test_the_times_to_sub_orders_of_two_platforms_are_two(writer, query):
    for platform in ("TAOBAO", "JD"):
        path = {f"path.{name}": [value] for name, value in TOUCH.items()}
        writer.insert(block("order_events", {"platform": platform}))
        writer.insert(block("conversions", {"platform": platform, **path}))
    asked = "SELECT sub_orders, hours_from_first_p50 FROM time_to_purchase(lookback_days = 30)"
    assert query(asked) == [(2, 1.0)]


def test_deposit_balance_and_refunds_add_up_to_the_cent(writer, query):
    writer.insert(
        block(
            "order_events",
            {"txn_id": "1", "amount_fen": 1_001},
            {"txn_id": "2", "amount_fen": 8_998, "occurred_at": T0 + 1},
            {"txn_id": "3", "amount_fen": 500, "kind": REFUND, "occurred_at": T0 + 2},
            {"txn_id": "4", "amount_fen": 1, "kind": REFUND, "occurred_at": T0 - 1},
            {"txn_id": "5", "amount_fen": 7, "sub_order_id": "other"},
        )
    )
    assert query(
        "SELECT sub_order_id, toUnixTimestamp64Milli(assumeNotNull(paid_at)), gross_fen,"
        " refunded_fen, net_fen FROM sub_order_amounts ORDER BY sub_order_id"
    ) == [("other", T0, 7, 0, 7), ("s", T0, 9_999, 501, 9_498)]


def test_an_order_that_is_only_known_by_its_refund_has_no_payment_time(writer, query):
    writer.insert(block("order_events", {"kind": REFUND, "amount_fen": 30}))
    assert query("SELECT paid_at, gross_fen, net_fen FROM sub_order_amounts") == [(None, 0, -30)]


@pytest.mark.parametrize("click_id", [None, "", "c"])
def test_no_click_and_an_empty_click_stay_apart(writer, query, click_id):
    writer.insert(block("order_events", {"click_id": click_id}))
    assert query("SELECT click_id FROM current_order_events") == [(click_id,)]


def test_conversions_carry_the_amounts_of_their_sub_order(writer, query):
    writer.insert(block("conversions", {"version": 1}, {"sub_order_id": "unpaid"}))
    writer.insert(block("conversions", {"version": 2, "quantity": 9}))
    writer.insert(block("order_events", {"txn_id": "1"}, {"txn_id": "2", "kind": REFUND}))
    assert query(
        "SELECT sub_order_id, quantity, gross_fen, refunded_fen, net_fen"
        " FROM conversions_with_amounts ORDER BY sub_order_id"
    ) == [("s", 9, 100, 100, 0), ("unpaid", 1, 0, 0, 0)]
