"""When things happen, and what is popular."""

from collections import Counter
from typing import Any

import numpy as np

from sources.generator import Traffic

Record = dict[str, Any]
HOUR = 3_600_000


def by_hour(records: list[Record]) -> list[float]:
    """Share of each hour of the day in Asia/Shanghai."""
    hours = Counter((record["occurred_at"] // HOUR + 8) % 24 for record in records)
    return [hours[hour] / len(records) for hour in range(24)]


def test_views_peak_at_noon_and_in_the_evening(views: list[Record]) -> None:
    hours = by_hour(views)
    assert max(range(24), key=hours.__getitem__) in range(20, 23)
    assert hours[12] > 1.3 * hours[10]
    assert hours[12] > 1.3 * hours[15]
    assert sum(hours[3:6]) < 0.03


def test_people_sleep_before_they_buy(transactions: list[Record]) -> None:
    hours = by_hour(transactions)
    assert sum(hours[3:6]) < 0.03
    assert sum(hours[20:23]) > 0.2


def test_everything_occurs_within_the_span(
    traffic: Traffic, records: dict[str, list[Record]]
) -> None:
    times = [record["occurred_at"] for rows in records.values() for record in rows]
    assert traffic.start_ms <= min(times)
    assert max(times) < traffic.end_ms


def test_no_day_is_empty(traffic: Traffic, views: list[Record]) -> None:
    days = Counter((view["occurred_at"] - traffic.start_ms) // (24 * HOUR) for view in views)
    assert len(days) == traffic.days
    assert min(days.values()) > len(views) / traffic.days / 5


def test_a_few_notes_have_most_of_the_views(views: list[Record]) -> None:
    counts = sorted(Counter(view["note_id"] for view in views).values(), reverse=True)
    assert sum(counts[: len(counts) // 10]) > 0.4 * len(views)
    assert counts[0] < 0.3 * len(views)


def test_some_users_are_far_more_active(views: list[Record]) -> None:
    counts = list(Counter(view["user_id"] for view in views).values())
    assert np.quantile(counts, 0.99) > 8 * np.median(counts)


def test_interest_in_a_note_wears_off(traffic: Traffic, views: list[Record]) -> None:
    published = {view["note_id"]: int(view["note_id"][:8], 16) * 1000 for view in views}
    ages = [view["occurred_at"] - published[view["note_id"]] for view in views]
    assert min(ages) >= 0
    new = [
        age
        for age, view in zip(ages, views, strict=True)
        if traffic.start_ms <= published[view["note_id"]] < traffic.end_ms - 14 * 24 * HOUR
    ]
    first_week = sum(age < 7 * 24 * HOUR for age in new)
    second_week = sum(7 * 24 * HOUR <= age < 14 * 24 * HOUR for age in new)
    assert first_week > 3 * second_week > 0


def test_a_note_belongs_to_one_brand(records: dict[str, list[Record]]) -> None:
    pairs = {
        (record["note_id"], record["brand_id"])
        for rows in records.values()
        for record in rows
        if "note_id" in record
    }
    assert len({note for note, _ in pairs}) == len(pairs)
