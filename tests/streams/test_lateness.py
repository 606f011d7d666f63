"""An event is in time if it occurred at or after T − allowed lateness. One that is not is told, and joined too.

Defined in docs/definitions.md §2.2, §2.3, §2.4, §11.3.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from one_partition import OnePartition
from oracle.records import DAY, HOUR, at, click, pay, refund, save, unsave, view

from streams.timeunits import shanghai_day

T = at("2024-06-18 20:00")


@pytest.mark.parametrize("event", [view, save, unsave, click, pay, refund])
@pytest.mark.parametrize("lateness_days", [0, 3])
@pytest.mark.parametrize(("beside", "late"), [(-1, True), (0, False), (1, False)])
def test_bound(make_partition, event: Callable, lateness_days, beside, late) -> None:
    partition = make_partition(allowed_lateness_days=lateness_days)
    partition.feed(view(T, "clock"), event(T - lateness_days * DAY + beside))
    table = "order_events" if event in (pay, refund) else "touches"
    assert partition.sink.rows(table)[-1]["too_late"] == late


def test_a_late_event_is_a_fact_and_no_dead_letter(partition: OnePartition) -> None:
    partition.feed(view(T))
    [found] = partition.feed(view(T - 4 * DAY))
    assert (partition.late, found.judged[0].too_late, partition.reasons) == (1, 1, [])


@pytest.mark.parametrize("touch", [view, save, click])
def test_a_late_touch_is_joined_like_any_other(partition: OnePartition, touch: Callable) -> None:
    old = T - 4 * DAY
    partition.feed_each(view(old - 1), pay(old + HOUR), view(T), touch(old), pay(T, "s2"))
    assert partition.late == 1
    assert (partition.path("s1"), partition.path("s2")) == ([old - 1, old], [old - 1, old, T])
    [version] = {row["version"] >> 17 & 7 for row in (partition.conversions["s1"],)}
    assert version == 3
    step = {save: "saved_at", click: "clicked_at", view: "entered_at"}[touch]
    assert partition.journeys["n1", shanghai_day(old)][step] == (old - 1 if touch is view else old)


@pytest.mark.parametrize("action", [save, click, pay])
def test_a_late_view_begins_the_journey_of_what_followed(
    partition: OnePartition, action: Callable
) -> None:
    old = T - 5 * DAY
    partition.feed_each(action(old + DAY), view(T, "n2"), view(old))
    assert partition.late == 1
    [step] = set(partition.journeys["n1", shanghai_day(old)]) - {"entered_at"}
    assert step in ("saved_at", "clicked_at", "purchased_at")


def test_what_the_state_no_longer_reaches_is_a_fact_alone(partition: OnePartition) -> None:
    """It is not put among what is left of its days, where nothing would say that others are missing."""
    partition.feed_each(view(T), view(T + 200 * DAY), view(T + 201 * DAY), save(T + 1))
    assert partition.late == 1
    assert [row["kind"] for row in partition.sink.rows("touches")] == [1, 1, 1, 2]
    assert partition.sink.rows("journeys") == []
    partition.feed(pay(T + 2))
    row = partition.conversions["s1"]
    assert (row["path.occurred_at"], row["path_incomplete"]) == ([], True)


def test_an_event_that_was_accepted_is_not_late_when_it_comes_again(partition) -> None:
    saved = save(T - DAY)
    partition.feed_each(saved, view(T + 5 * DAY), saved)
    assert [row["too_late"] for row in partition.sink.rows("touches")] == [False] * 3


def test_nor_when_both_are_in_one_batch(partition: OnePartition) -> None:
    early = view(T)
    partition.feed(early, view(T + 5 * DAY), early, view(T + 1))
    assert [row["too_late"] for row in partition.sink.rows("touches")] == [
        False,
        False,
        False,
        True,
    ]


def test_lateness_within_a_batch_follows_the_reading_order(partition: OnePartition) -> None:
    partition.feed(view(T), view(T + 4 * DAY), view(T + 1), view(T + DAY), view(T + 9 * DAY))
    assert [row["too_late"] for row in partition.sink.rows("touches")] == [
        False,
        False,
        True,
        False,
        False,
    ]


def test_a_topic_that_lags_holds_time_back(partition: OnePartition) -> None:
    partition.feed(save(T))
    partition.log_end["note-saves"] += 1
    partition.feed(view(T + 100 * DAY), view(T + 1))
    assert partition.late == 0
    partition.feed(save(T + 2), view(T + 3))
    assert partition.late == 1


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (view(T + 50 * DAY, brand_id=""), "invalid_field"),
        (view(at("2100-01-01")), "invalid_field"),
        (replace(view(T + 50 * DAY), timestamp=T), "from_the_future"),
    ],
)
def test_what_is_invalid_does_not_move_time(partition: OnePartition, event, reason) -> None:
    partition.feed(view(T), event, view(T - DAY))
    assert partition.reasons == [reason]
    assert partition.pipeline.state.event_time.now == T


def test_a_restart_keeps_time(partition: OnePartition) -> None:
    partition.feed(view(T))
    partition.restart()
    assert partition.pipeline.state.event_time.now == T
    partition.feed(view(T - 3 * DAY - 1), view(T - 3 * DAY))
    assert [row["too_late"] for row in partition.sink.rows("touches")] == [False, True, False]
