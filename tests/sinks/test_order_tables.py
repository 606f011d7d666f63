"""The table `order_events` and the amounts that are summed from it."""

import pytest
from sink_rows import T0, block

PAY, REFUND = 1, 2


def test_the_same_payment_again_counts_once(writer, query):
    for in_time in (0, 1, 0):
        writer.insert(block("order_events", {"in_time": in_time, "amount_fen": 250}))
    assert query("SELECT too_late, amount_fen FROM current_order_events") == [(False, 250)]
    assert query("SELECT gross_fen FROM sub_order_amounts") == [(250,)]


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
    writer.insert(block("conversions", {"version": 2, "direct": True}))
    writer.insert(block("order_events", {"txn_id": "1"}, {"txn_id": "2", "kind": REFUND}))
    assert query(
        "SELECT sub_order_id, direct, gross_fen, refunded_fen, net_fen"
        " FROM conversions_with_amounts ORDER BY sub_order_id"
    ) == [("s", True, 100, 100, 0), ("unpaid", False, 0, 0, 0)]
