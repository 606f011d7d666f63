"""conflicting_ids and reconciliation name an id that came with two contents, as long as it can be known."""

import pytest
from sink_rows import DEFAULTS, T0, block

CLICK = {"kind": 4, "click_id": "c"}
PAY = {"txn_id": "t", "sub_order_id": "s"}
ASKED = (
    "SELECT brand_id, what, id, users, brands, contents, times FROM conflicting_ids ORDER BY ALL"
)
NAMED = (
    "SELECT measure, found_in, sum(r.found) FROM reconciliation(lookback_days = 7) AS r"
    " WHERE match(measure, ' ids ') GROUP BY measure, found_in ORDER BY measure"
)


@pytest.fixture
def put(query):
    """Puts rows into a table as if they had come one by one: equal keys stay until the test merges them."""

    def insert(table, *rows):
        rows = [{**DEFAULTS[table], **row} for row in rows]
        names = ", ".join(rows[0])
        settings = {"optimize_on_insert": 0}
        query(f"INSERT INTO {table} ({names}) VALUES", rows, settings=settings)

    return insert


@pytest.fixture
def merge(query):
    def merge(table):
        query(f"OPTIMIZE TABLE {table} FINAL")

    return merge


def test_a_click_under_two_users_with_two_times(put, query):
    put("touches", {**CLICK}, {**CLICK, "user_id": "v", "occurred_at": T0 + 1})
    put("touches", {**CLICK, "click_id": "sound"}, {**CLICK, "click_id": "sound"})
    assert query(ASKED) == [("b", "click", "c", 2, 1, 1, 2)]
    assert query(NAMED) == [
        ("click ids stamped again", "touches", 1),
        ("click ids under several users", "touches", 1),
    ]


def test_a_click_under_two_brands_is_named_to_each(put, query):
    put("touches", CLICK, {**CLICK, "brand_id": "b2"})
    assert query(ASKED) == [(brand, "click", "c", 1, 2, 1, 1) for brand in ("b", "b2")]
    assert query(NAMED) == [("click ids under several brands", "touches", 2)]


def test_contents_of_a_sub_order_that_differ(put, query):
    put("order_events", {**PAY, "txn_id": "1"}, {**PAY, "txn_id": "2", "item_id": "another"})
    put("order_events", {**PAY, "sub_order_id": "sound", "txn_id": "3"})
    assert query(ASKED) == [("b", "sub-order", "s", 1, 1, 2, 1)]


@pytest.mark.parametrize("kind", [1, 2])
def test_a_transaction_of_two_sub_orders_is_named_for_ever(put, merge, query, kind):
    put("order_events", {**PAY, "kind": kind}, {**PAY, "kind": kind, "sub_order_id": "s2"})
    merge("order_events")
    assert query(ASKED) == [("b", "transaction", "t", 1, 1, 2, 1)]
    assert query(NAMED) == [("transaction ids whose contents differ", "order_events", 1)]


def test_a_payment_under_two_brands_is_named_to_each_for_ever(put, merge, query):
    put("order_events", PAY, {**PAY, "brand_id": "b2"})
    merge("order_events")
    assert query(ASKED) == [
        (brand, what, name, 1, 2, 1, 1)
        for brand in ("b", "b2")
        for what, name in (("sub-order", "s"), ("transaction", "t"))
    ]


def test_a_payment_and_its_refund_may_share_an_id(put, query):
    put("order_events", PAY, {**PAY, "kind": 2, "amount_fen": 5, "occurred_at": T0 + 1})
    put("order_events", {**PAY, "platform": "JD", "sub_order_id": "theirs"})
    assert query(ASKED) == []


@pytest.mark.parametrize("other", [{"amount_fen": 7}, {"quantity": 2}, {"click_id": "c"}])
def test_other_contents_of_one_transaction_are_named_until_they_are_merged(
    put, merge, query, other
):
    put("order_events", PAY, {**PAY, **other})
    assert query(ASKED) == [("b", "transaction", "t", 1, 1, 2, 1)]
    merge("order_events")
    assert query(ASKED) == []


def test_another_user_of_a_payment_is_named_for_ever_as_the_conversion_keeps_one(put, merge, query):
    """Which payment stands is told by its times alone; of conversions, the fuller stands."""
    put("order_events", PAY, {**PAY, "user_id": "v", "published_at": T0 - 1})
    put("conversions", {"version": 2}, {"user_id": "v", "version": 1})
    assert [row[1:4] for row in query(ASKED)] == [("sub-order", "s", 2), ("transaction", "t", 2)]
    merge("order_events")
    merge("conversions")
    assert query(ASKED) == [("b", "sub-order", "s", 2, 1, 1, 1)]
    assert query(NAMED) == [("sub-order ids under several users", "order_events", 1)]


def test_another_time_of_a_payment_is_a_cause_while_it_is_known(put, writer, query):
    put("touches", {"user_id": "u"})
    put("order_events", {**PAY, "occurred_at": T0 - 1}, {**PAY, "occurred_at": T0 + 1})
    put("conversions", {"paid_at": T0 - 1})
    writer.insert(block("journeys", {"purchased_at": T0 + 1}))
    [(measure, expected, found, reason)] = query(
        "SELECT measure, r.expected, r.found, reason FROM reconciliation(lookback_days = 7) AS r"
        " WHERE r.difference != 0 AND found_in = 'journeys'"
    )
    assert (measure, expected, found) == ("buyers", 0, 1)
    assert "conflicting_ids" in reason
