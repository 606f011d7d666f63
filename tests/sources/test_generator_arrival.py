"""Events arrive in order of arrival, which is not quite the order in which they occurred."""

from itertools import pairwise

import numpy as np
import pytest

from schemas.topics import SourceEvent
from sources.generator import Traffic, generate
from sources.generator.draws import Ints

MINUTE = 60_000
DAY = 86_400_000


@pytest.fixture(scope="module")
def delays(arrived: list[SourceEvent]) -> Ints:
    return np.array([(event.timestamp or 0) - event.record["occurred_at"] for event in arrived])


def test_they_come_in_order_of_arrival(arrived: list[SourceEvent]) -> None:
    stamps = [event.timestamp or 0 for event in arrived]
    assert all(a <= b for a, b in pairwise(stamps))


def test_most_arrive_within_seconds(
    delays: Ints,
) -> None:
    assert delays.min() > 0
    assert np.median(delays) < 2_000
    assert np.quantile(delays, 0.95) < MINUTE


def test_some_straggle_for_minutes_to_hours(traffic: Traffic, delays: Ints) -> None:
    straggling = delays[(delays > 2 * MINUTE) & (delays < traffic.late_days * DAY)]
    # Second deliveries take minutes, too.
    expected = traffic.out_of_order_share + 0.6 * traffic.duplicate_share
    assert len(straggling) / len(delays) == pytest.approx(expected, rel=0.15)
    assert straggling.max() < 3 * DAY


def test_the_late_are_late_by_days_and_within_the_span(
    traffic: Traffic, arrived: list[SourceEvent]
) -> None:
    late = [
        event
        for event in arrived
        if (event.timestamp or 0) - event.record["occurred_at"] >= traffic.late_days * DAY
    ]
    assert len(late) / len(arrived) == pytest.approx(traffic.late_share, rel=0.05)
    assert all((event.timestamp or 0) < traffic.end_ms + DAY for event in late)


def test_without_disturbance_order_is_nearly_that_of_time() -> None:
    calm = Traffic(events=5_000, duplicate_share=0, out_of_order_share=0, late_share=0)
    assert all(
        0 < (event.timestamp or 0) - event.record["occurred_at"] <= MINUTE
        for event in generate(calm)
    )
