"""A conversion belongs to the earliest PAY of its sub-order, whatever came first.

Defined in docs/definitions.md §1.4, §4.1.
"""

import pytest
from one_partition import OnePartition
from oracle.records import DAY, at, click, pay, refund, save, view

PAID = at("2024-06-18 20:00")
LATER = PAID + 20 * DAY


def test_deposit_then_balance(partition: OnePartition) -> None:
    partition.feed_each(view(PAID - 29 * DAY), pay(PAID, order_id="o1"), pay(LATER, order_id="o2"))
    row = partition.conversions["s1"]
    assert (row["paid_at"], row["order_id"]) == (PAID, "o1")
    assert partition.path() == [PAID - 29 * DAY]


def test_an_earlier_pay_that_comes_second_takes_over(make_partition) -> None:
    partition = make_partition(allowed_lateness_days=30)
    deposit = pay(PAID, item_id="i2", shop_id="s", quantity=3, click_id="c", order_id="o2")
    partition.feed_each(view(PAID - 1), view(PAID + 1), pay(LATER), deposit)
    row = partition.conversions["s1"]
    fields = ("paid_at", "item_id", "shop_id", "quantity", "click_id", "order_id")
    assert [row[name] for name in fields] == [PAID, "i2", "s", 3, "c", "o2"]
    assert partition.path() == [PAID - 1]


@pytest.mark.parametrize("first", ["a", "b"])
def test_equal_times_go_to_the_lowest_transaction(partition: OnePartition, first: str) -> None:
    pays = {"a": pay(PAID, txn_id="a", order_id="oa"), "b": pay(PAID, txn_id="b", order_id="ob")}
    partition.feed_each(pays.pop(first), *pays.values())
    assert partition.conversions["s1"]["order_id"] == "oa"


def test_a_refund_makes_no_conversion_and_changes_none(partition: OnePartition) -> None:
    partition.feed(refund(PAID - 1))
    assert partition.conversions == {}
    partition.feed_each(view(PAID - 2), pay(PAID))
    written = partition.sink.rows("conversions")
    partition.feed(refund(PAID + 1))
    assert partition.sink.rows("conversions") == written
    assert [row["kind"] for row in partition.sink.rows("order_events")] == [2, 1, 2]


def test_a_late_touch_in_time_corrects_every_finished_conversion(partition: OnePartition) -> None:
    partition.feed_each(pay(PAID, "s1"), pay(PAID + 1, "s2"), pay(PAID - 9, "s3"), save(PAID - 5))
    assert {sub_order: partition.path(sub_order) for sub_order in ("s1", "s2", "s3")} == {
        "s1": [PAID - 5],
        "s2": [PAID - 5],
        "s3": [],
    }


@pytest.mark.parametrize("days", [29, 31, 60, 120])
def test_a_balance_does_not_take_the_conversion_back(partition: OnePartition, days: int) -> None:
    """Not when the state no longer reaches the deposit, or the deposit's touches, either."""
    partition.feed_each(view(PAID - 29 * DAY), pay(PAID, order_id="o1"))
    before = partition.conversions["s1"]
    partition.feed_each(view(PAID + days * DAY - 1), pay(PAID + days * DAY, order_id="o2"))
    after = partition.conversions["s1"]
    assert before | {"version": 0} == after | {"version": 0}


def test_a_pay_delivered_again_after_the_state_forgot_it(partition: OnePartition) -> None:
    paid = pay(PAID)
    partition.feed_each(view(PAID - 1), paid, pay(PAID + 200 * DAY, "s2"), paid)
    assert partition.late == 1
    row = partition.conversions["s1"]
    assert (partition.path(), row["path_incomplete"]) == ([PAID - 1], 0)
    assert [r["too_late"] for r in partition.sink.rows("order_events")] == [False, False, True]


def test_a_pay_that_is_too_late_is_joined_like_any_other(partition: OnePartition) -> None:
    partition.feed_each(view(PAID - 1), view(PAID + 4 * DAY), pay(PAID))
    row = partition.conversions["s1"]
    assert (partition.path(), row["path_incomplete"]) == ([PAID - 1], False)
    assert partition.late == 1
    assert partition.journeys["n1", (PAID - 1) // DAY]["purchased_at"] == PAID


def test_equal_times_where_one_came_too_late(make_partition) -> None:
    """However they are cut into batches, the transaction decides, and both count."""
    in_time, late = pay(PAID, txn_id="b", order_id="ob"), pay(PAID, txn_id="a", order_id="oa")
    events = [view(PAID - 1), in_time, pay(PAID + 4 * DAY, "s2"), late]
    whole, each = make_partition(), make_partition()
    whole.feed(*events)
    each.feed_each(*events)
    for partition in (whole, each):
        row = partition.conversions["s1"]
        assert (row["order_id"], row["version"] >> 17 & 0xFF) == ("oa", 3)
        assert partition.path() == [PAID - 1]


def test_a_payment_stamped_again_has_its_least_time(make_partition) -> None:
    partition = make_partition(allowed_lateness_days=30)
    partition.feed_each(view(PAID), pay(PAID + DAY, txn_id="t"), pay(PAID + 2, txn_id="t"))
    row = partition.conversions["s1"]
    assert (row["paid_at"], row["version"] >> 17 & 0xFF) == (PAID + 2, 2)
    assert partition.journeys["n1", (PAID) // DAY]["purchased_at"] == PAID + 2


def test_a_click_stamped_again_counts_once_at_its_least_time(partition: OnePartition) -> None:
    partition.feed_each(
        *(click(PAID - age, click_id="c") for age in (1, 9, 5, 31 * DAY)), pay(PAID)
    )
    row = partition.conversions["s1"]
    assert (partition.path(), row["newest_click_at"]) == ([PAID - 9], PAID - 9)
    assert row["newest_item_click_at"] == PAID - 9
    assert row["version"] >> 17 & 0xFF == 4
