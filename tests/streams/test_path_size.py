"""A path keeps its newest 500 touches and says when there were more; direct is about those it keeps."""

import pytest
from one_partition import OnePartition
from oracle.records import at, click, pay, view

PAID = at("2024-06-18 20:00")


@pytest.mark.parametrize(("touches", "truncated"), [(499, 0), (500, 0), (501, 1), (502, 1)])
def test_the_newest_500_stay(partition: OnePartition, touches: int, truncated: int) -> None:
    partition.feed(*(view(PAID - i) for i in range(touches)), pay(PAID))
    assert partition.path() == [PAID - i for i in reversed(range(min(touches, 500)))]
    assert partition.conversions["s1"]["path_truncated"] == truncated


@pytest.mark.parametrize(("views", "direct"), [(499, 1), (500, 0)])
def test_a_click_that_the_path_lost_is_not_direct(partition, views: int, direct: int) -> None:
    partition.feed(click(PAID - 1000), *(view(PAID - i) for i in range(views)), pay(PAID))
    assert partition.conversions["s1"]["direct"] == direct


@pytest.mark.parametrize(("item_id", "direct"), [("i1", 1), ("i2", 0)])
def test_direct_is_a_click_on_the_item_that_was_paid(partition, item_id: str, direct: int) -> None:
    partition.feed(click(PAID - 1, item_id=item_id), pay(PAID, item_id="i1"))
    assert partition.conversions["s1"]["direct"] == direct
