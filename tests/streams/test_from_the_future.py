"""What lies more than 24 h ahead of the wall clock is refused, whatever its producer's clock says.

Defined in docs/definitions.md §11.2.
"""

from dataclasses import replace

import pytest
from one_partition import OnePartition
from oracle.records import DAY, at, click, pay, save, view

from schemas.topics import SourceEvent
from streams.wall_clock import WallClock

NOW = at("2026-06-18 20:00")


@pytest.fixture
def partition(partition: OnePartition) -> OnePartition:
    partition.now_ms = NOW
    return partition


@pytest.mark.parametrize("event", [view, save, click, pay])
@pytest.mark.parametrize(
    ("ahead", "reasons"), [(0, []), (DAY, []), (DAY + 1, ["from_the_future"]), (-400 * DAY, [])]
)
def test_no_more_than_a_day_ahead(partition: OnePartition, event, ahead: int, reasons) -> None:
    partition.feed(event(NOW + ahead))
    assert partition.reasons == reasons
    details = [row["detail"] for row in partition.sink.rows("dead_letters")]
    assert details == ["occurred_at lies more than 24 h ahead of the clock"] * len(reasons)


@pytest.mark.parametrize("stamp", [at("2099-06-18 20:00"), 2**63 - 1])
def test_a_clock_that_is_wrong_moves_nobodys_time(partition: OnePartition, stamp: int) -> None:
    wrong = [replace(view(at("2099-06-18 20:00"), f"n{n}"), timestamp=stamp) for n in range(8)]
    partition.feed(view(NOW), *wrong)
    partition.feed(*(pay(NOW - DAY, f"s{n}") for n in range(50)))
    assert partition.reasons == ["from_the_future"] * 8
    assert (partition.late, partition.pipeline.state.event_time.now) == (0, NOW)


def test_a_line_of_2099_in_a_file_of_2025(partition: OnePartition) -> None:
    """A file's events may have no timestamps: they get that of the replay."""

    def replayed(*events: SourceEvent) -> None:
        partition.feed(*(replace(event, timestamp=NOW) for event in events))

    old = at("2025-06-18 20:00")
    replayed(view(old), view(at("2099-06-18 20:00")), view(old - DAY), pay(old + 1))
    assert (partition.reasons, partition.late) == (["from_the_future"], 0)
    assert partition.path() == [old - DAY, old]


def test_delivered_again_in_its_time_it_is_taken(partition: OnePartition) -> None:
    early = view(NOW + 2 * DAY)
    partition.feed(early)
    partition.now_ms = NOW + DAY
    partition.feed(early)
    assert partition.reasons == ["from_the_future"]
    assert [row["occurred_at"] for row in partition.sink.rows("touches")] == [NOW + 2 * DAY]


def test_both_clocks_must_agree_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: NOW / 1000)
    monkeypatch.setattr("time.monotonic", lambda: ticking[-1])
    ticking, clock = [7.0], WallClock()
    assert clock.now_ms() == NOW
    clock.told(NOW + DAY)
    ticking.append(9.5)
    assert clock.now_ms() == NOW + DAY + 2500
    clock.told(NOW - DAY)
    assert clock.now_ms() == NOW
