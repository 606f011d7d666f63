"""A user with more of a brand in 30 days than any person has is crowded: no paths, whatever came first.

Defined in docs/definitions.md §9.
"""

from collections.abc import Callable
from typing import Any

import pytest
from one_partition import OnePartition
from oracle.messages import encoded
from oracle.records import DAY, click, pay, refund, save, unsave, view

from schemas.topics import SourceEvent
from streams.erasure.requests import Request
from streams.state.keys import BUCKET_MS

#: In the middle of a bucket of 30 days, and where that ends.
NOON = 660 * BUCKET_MS + 15 * DAY
END = 661 * BUCKET_MS
Make = Callable[..., OnePartition]


@pytest.fixture
def few(make_partition: Make) -> OnePartition:
    """At most two sub-orders, and three touches."""
    return make_partition(crowded_sub_orders=2, crowded_touches=3, allowed_lateness_days=60)


def crowded(row: dict[str, Any]) -> bool:
    """Is it? It must look like one then."""
    found: bool = row["version"] >> 17 & (1 << 64) - 1 == (1 << 64) - 1
    if found:
        assert (row["path.occurred_at"], row["path_truncated"]) == ([], 1)
        assert (row["newest_click_at"], row["newest_item_click_at"]) == (None, None)
        assert row["version"] >> 16 & 1 == 1
    return found


def views(count: int, since: int = NOON) -> list[SourceEvent]:
    return [view(since + number) for number in range(count)]


@pytest.mark.parametrize(
    ("events", "is_crowded"),
    [
        (views(3), False),
        (views(4), True),
        ([*views(2), save(NOON), click(NOON)], True),
        ([*views(3), unsave(NOON)], False),
        ([*views(3), *views(3)], False),
        ([*views(3, END - 3), view(END)], False),
        ([view(NOON + n, brand_id=f"b{n}") for n in range(4)], False),
        ([pay(NOON, "s2")], False),
        ([pay(NOON, "s2"), pay(NOON, "s3")], True),
        ([pay(NOON + DAY), pay(NOON, "s2")], False),
        ([refund(NOON + n) for n in range(2)], False),
        ([refund(NOON + n) for n in range(3)], True),
    ],
)
def test_what_is_crowded(few: OnePartition, events: list[SourceEvent], is_crowded: bool) -> None:
    few.feed(pay(NOON), *events)
    assert crowded(few.conversions["s1"]) == is_crowded


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    ("paid_at", "is_crowded"),
    [
        (NOON, True),
        (660 * BUCKET_MS, True),
        (660 * BUCKET_MS - 1, False),
        (END + 30 * DAY - 1, True),
        (END + 30 * DAY, False),
    ],
)
def test_what_was_written_before_is_written_anew(
    few: OnePartition, paid_at: int, is_crowded: bool, together: bool
) -> None:
    few.feed(view(paid_at - 1), pay(paid_at))
    assert few.path() == [paid_at - 1]
    (few.feed if together else few.feed_each)(*views(4))
    assert crowded(few.conversions["s1"]) == is_crowded
    few.feed(save(paid_at - 2))
    assert crowded(few.conversions["s1"]) == is_crowded


def test_equal_times_go_to_the_lowest_transaction(few: OnePartition) -> None:
    few.feed(*views(4))
    few.feed_each(pay(NOON, txn_id="b", order_id="ob"), pay(NOON, txn_id="a", order_id="oa"))
    assert few.conversions["s1"]["order_id"] == "oa"
    assert crowded(few.conversions["s1"])


def test_another_user_is_not(few: OnePartition) -> None:
    few.feed(*views(4), view(NOON, user_id="u2"), pay(NOON + 1, user_id="u2"))
    assert few.path() == [NOON]


def test_an_event_that_is_too_late_counts(make_partition: Make) -> None:
    few = make_partition(crowded_touches=3)
    few.feed(*views(3, END - 3), pay(END - 1))
    few.feed_each(view(END + 5 * DAY, user_id="u2"), view(END - 4))
    assert few.late == 1
    assert crowded(few.conversions["s1"])


def test_a_restart_knows(few: OnePartition) -> None:
    few.feed(*views(2), pay(NOON))
    few.restart()
    few.feed(*views(3))
    assert not crowded(few.conversions["s1"])
    few.restart()
    few.feed(view(NOON + 3))
    assert crowded(few.conversions["s1"])
    few.restart()
    few.feed(pay(NOON, "s2"))
    assert crowded(few.conversions["s2"])
    assert few.pipeline.state.crowded_buckets == 1


def test_a_crash_before_rows_were_written(few: OnePartition) -> None:
    few.feed(*views(3), pay(NOON))
    last = encoded(view(NOON + 3))
    few.read([last], acknowledge=False)
    assert not crowded(few.conversions["s1"])
    few.restart()
    few.read([last])
    assert crowded(few.conversions["s1"])


def test_it_ends_when_the_state_forgets_the_days(few: OnePartition) -> None:
    few.feed(*views(4))
    assert few.pipeline.state.crowded_buckets == 1
    few.feed_each(view(END + 200 * DAY), view(END + 201 * DAY))
    assert few.pipeline.state.crowded_buckets == 0
    few.restart()
    assert few.pipeline.state.crowded_buckets == 0


def test_nothing_is_left_of_who_is_forgotten(few: OnePartition) -> None:
    few.feed(*views(4))
    few.pipeline.state.forget([Request.of("u1")])
    assert few.pipeline.state.crowded_buckets == 0
    few.restart()
    assert (few.pipeline.state.crowded_buckets, few.held()) == (0, set())
