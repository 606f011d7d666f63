"""A path holds the touches from paid_at − lookback to paid_at, both ends included.

Defined in docs/definitions.md §4.2, §4.3.
"""

from itertools import permutations

import pytest
from one_partition import OnePartition
from oracle.records import DAY, at, click, pay, save, unsave, view

PAID = at("2024-06-18 20:00")
START = PAID - 30 * DAY


@pytest.mark.parametrize("touch", [view, save, click])
@pytest.mark.parametrize(
    ("occurred_at", "inside"),
    [
        (START - 1, False),
        (START, True),
        (START + 1, True),
        (PAID - 1, True),
        (PAID, True),
        (PAID + 1, False),
    ],
)
@pytest.mark.parametrize("paid_first", [False, True])
def test_bounds(make_partition, touch, occurred_at, inside, paid_first) -> None:
    partition = make_partition(allowed_lateness_days=60)
    events = [touch(occurred_at), pay(PAID)]
    partition.feed(*events[:: -1 if paid_first else 1])
    assert partition.path() == ([occurred_at] if inside else [])


@pytest.mark.parametrize(
    ("days", "occurred_at", "inside"),
    [
        (1, PAID - DAY, True),
        (1, PAID - DAY - 1, False),
        (90, PAID - 90 * DAY, True),
        (90, PAID - 90 * DAY - 1, False),
    ],
)
def test_the_lookback_is_a_setting(make_partition, days, occurred_at, inside) -> None:
    partition = make_partition(lookback_days=days)
    partition.feed(view(occurred_at), pay(PAID))
    assert partition.path() == ([occurred_at] if inside else [])
    assert partition.conversions["s1"]["lookback_days"] == days


def test_an_organic_order_is_a_row_too(partition: OnePartition) -> None:
    partition.feed(pay(PAID))
    row = partition.conversions["s1"]
    assert (row["path.occurred_at"], row["path.kind"], row["newest_click_at"]) == ([], [], None)
    assert (row["path_truncated"], row["path_incomplete"]) == (0, 0)


def test_an_unsave_is_a_fact_and_no_touch(partition: OnePartition) -> None:
    partition.feed(save(PAID - 2), unsave(PAID - 1), pay(PAID))
    assert partition.path() == [PAID - 2]
    assert [row["kind"] for row in partition.sink.rows("touches")] == [2, 3]


@pytest.mark.parametrize("stranger", [{"brand_id": "b2"}, {"user_id": "u2"}])
def test_touches_of_others_do_not_count(partition: OnePartition, stranger) -> None:
    partition.feed(view(PAID - 1, **stranger), pay(PAID))
    assert partition.path() == []


EQUAL = [
    view(PAID, "n1"),
    view(PAID, "n2"),
    save(PAID, "n1"),
    click(PAID, "n1", click_id="c1"),
    click(PAID, "n1", click_id="c2"),
    click(PAID, "n2", click_id="c0"),
]


@pytest.mark.parametrize("order", list(permutations(range(6)))[::97])
def test_equal_times_are_in_order_of_kind_then_note_then_click(partition, order) -> None:
    partition.feed_each(pay(PAID), *(EQUAL[i] for i in order))
    row = partition.conversions["s1"]
    assert list(zip(row["path.kind"], row["path.note_id"], row["path.click_id"], strict=True)) == [
        (1, "n1", ""),
        (1, "n2", ""),
        (2, "n1", ""),
        (4, "n1", "c1"),
        (4, "n1", "c2"),
        (4, "n2", "c0"),
    ]
