"""A journey's steps lie from entered_at to the end of entry_date + lookback days, the end excluded.

Defined in docs/definitions.md §1.8, §6.1, §6.2.
"""

from collections.abc import Callable

import pytest
from one_partition import OnePartition
from oracle.records import DAY, HOUR, at, click, pay, save, view

DAY_START = at("2024-06-18 00:00")
ENTERED = DAY_START + 20 * HOUR
END = DAY_START + DAY + 30 * DAY
ENTRY_DATE = (DAY_START + 8 * HOUR) // DAY
STEP = {save: "saved_at", click: "clicked_at", pay: "purchased_at"}


@pytest.mark.parametrize("action", [save, click, pay])
@pytest.mark.parametrize(
    ("occurred_at", "inside"),
    [(ENTERED - 1, False), (ENTERED, True), (END - 1, True), (END, False)],
)
@pytest.mark.parametrize("viewed_last", [False, True])
def test_bounds(make_partition, action: Callable, occurred_at, inside, viewed_last) -> None:
    partition = make_partition(allowed_lateness_days=60)
    events = [view(ENTERED), action(occurred_at)]
    partition.feed(*events[:: -1 if viewed_last else 1])
    expected = {"entered_at": ENTERED} | ({STEP[action]: occurred_at} if inside else {})
    assert partition.journeys == {("n1", ENTRY_DATE): expected}


def test_midnight_in_shanghai_begins_another_journey(partition: OnePartition) -> None:
    midnight = DAY_START + DAY
    partition.feed_each(save(midnight), view(midnight - 1), view(midnight), view(DAY_START))
    assert partition.journeys == {
        ("n1", ENTRY_DATE): {"entered_at": DAY_START, "saved_at": midnight},
        ("n1", ENTRY_DATE + 1): {"entered_at": midnight, "saved_at": midnight},
    }


def test_the_last_day_of_the_horizon_is_the_same_for_every_hour_of_entry(make_partition) -> None:
    partition = make_partition(lookback_days=1)
    end = DAY_START + 2 * DAY
    partition.feed(view(DAY_START, "n1"), view(DAY_START + DAY - 1, "n2"), pay(end - 1), pay(end))
    assert {note: times["purchased_at"] for (note, _), times in partition.journeys.items()} == {
        "n1": end - 1,
        "n2": end - 1,
    }


def test_a_late_view_opens_an_earlier_journey(partition: OnePartition) -> None:
    partition.feed_each(view(ENTERED), pay(ENTERED + HOUR), view(ENTERED - 2 * DAY))
    assert partition.journeys == {
        ("n1", ENTRY_DATE): {"entered_at": ENTERED, "purchased_at": ENTERED + HOUR},
        ("n1", ENTRY_DATE - 2): {
            "entered_at": ENTERED - 2 * DAY,
            "purchased_at": ENTERED + HOUR,
        },
    }


def test_an_earlier_view_lets_an_earlier_save_count(partition: OnePartition) -> None:
    partition.feed_each(save(ENTERED - 5), view(ENTERED), save(ENTERED + 5))
    assert partition.journeys["n1", ENTRY_DATE]["saved_at"] == ENTERED + 5
    partition.feed(view(ENTERED - 5))
    assert partition.journeys["n1", ENTRY_DATE] == {
        "entered_at": ENTERED - 5,
        "saved_at": ENTERED - 5,
    }


def test_without_a_view_there_is_no_journey(partition: OnePartition) -> None:
    partition.feed_each(save(ENTERED), click(ENTERED), pay(ENTERED), view(ENTERED, "n2"))
    assert set(partition.journeys) == {("n2", ENTRY_DATE)}


def test_payments_of_another_brand_and_actions_on_another_note_do_not_count(partition) -> None:
    partition.feed_each(
        view(ENTERED), pay(ENTERED, brand_id="b2"), save(ENTERED, "n2"), click(ENTERED, "n2")
    )
    assert partition.journeys["n1", ENTRY_DATE] == {"entered_at": ENTERED}
