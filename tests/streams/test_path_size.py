"""A path keeps its newest 500 touches and says when there were more. What it lost is told of the newest clicks.

Defined in docs/definitions.md §4.4, §4.6.
"""

import pytest
from one_partition import OnePartition
from oracle.records import at, click, pay, view

PAID = at("2024-06-18 20:00")


@pytest.mark.parametrize(("touches", "truncated"), [(499, 0), (500, 0), (501, 1), (502, 1)])
def test_the_newest_500_stay(partition: OnePartition, touches: int, truncated: int) -> None:
    partition.feed(*(view(PAID - i) for i in range(touches)), pay(PAID))
    assert partition.path() == [PAID - i for i in reversed(range(min(touches, 500)))]
    assert partition.conversions["s1"]["path_truncated"] == truncated


@pytest.mark.parametrize("views", [499, 500])
def test_a_click_that_the_path_lost_is_told(partition: OnePartition, views: int) -> None:
    clicked = PAID - 1000
    partition.feed(click(clicked), *(view(PAID - i) for i in range(views)), pay(PAID))
    row = partition.conversions["s1"]
    assert (row["newest_click_at"], row["newest_item_click_at"]) == (clicked, clicked)
    assert (clicked in partition.path()) == (views == 499)


@pytest.mark.parametrize("again", [499, 500])
def test_clicks_that_were_stamped_again_take_no_room(partition: OnePartition, again: int) -> None:
    first, views = PAID - 10_000, again
    partition.feed(*(view(PAID - i) for i in range(views)), click(first, click_id="c"), pay(PAID))
    partition.feed(*(click(first + 1 + i, click_id="c") for i in range(again)))
    row = partition.conversions["s1"]
    assert row["path_truncated"] == (views == 500)
    assert partition.path()[0] == (first if views == 499 else PAID - 499)
    assert row["newest_click_at"] == first
    assert row["version"] >> 17 & 0xFFFF == views + again + 2


def test_the_newest_click_on_the_item_that_was_paid(partition: OnePartition) -> None:
    clicks = [click(PAID - i, click_id=f"c{i}", item_id=f"i{i % 2}") for i in range(1, 5)]
    partition.feed(*clicks, click(PAID + 1, click_id="c", item_id="i0"), pay(PAID, item_id="i0"))
    row = partition.conversions["s1"]
    assert (row["newest_click_at"], row["newest_item_click_at"]) == (PAID - 1, PAID - 2)
    partition.feed(pay(PAID, "s2", item_id="i7"), pay(PAID - 5, "s3", item_id="i0"))
    for sub_order, expected in (("s2", (PAID - 1, None)), ("s3", (None, None))):
        row = partition.conversions[sub_order]
        assert (row["newest_click_at"], row["newest_item_click_at"]) == expected
