"""Freshness and reconciliation, and the questions that have no answer."""

from datetime import UTC, date, datetime

import pytest
from orders import DAY_MS, sub_order
from sink_rows import T0, block

from report.figures import Difference
from schemas.errors import SettingsError


def test_what_is_equal_is_counted(shop, reported):
    shop(sub_order(("a", "view", 1)), sub_order(paid_at=T0 + DAY_MS), sub_order(brand_id="c"))
    found = reported()
    # Four measures, each in conversions and under six models, on two days.
    assert (found.equal, found.differences) == (4 * 7 * 2, [])


def test_what_differs_is_told_with_its_reason(shop, writer, reported):
    shop(sub_order())
    late = {"user_id": "late", "kind": 2, "too_late": True}
    writer.insert(block("touches", late, {**late, "brand_id": "c"}))
    writer.insert(block("dead_letters", {}))
    [dead, touch] = reported().differences
    assert (dead.measure, dead.found_in) == ("dead letters: undecodable", "note-views")
    assert touch == Difference(
        *("touches that were too late", "touches", 0, 1),
        "They arrived after the allowed lateness, and no rebuild has covered them: what the workers still held was"
        " joined with them; a rebuild joins the rest.",
    )
    assert reported(date(2025, 6, 1), date(2025, 6, 2)).differences == []


def test_topics_are_as_complete_as_their_slowest_partition(shop, writer, reported):
    shop(sub_order())
    writer.insert(
        block(
            "progress",
            {"newest_event_at": T0, "complete_until": T0 - DAY_MS, "end_offset": 4},
            {"partition": 1, "newest_event_at": T0 + 1, "complete_until": T0 - 1, "end_offset": 2},
        )
    )
    [topic] = reported().topics
    assert topic.newest_event_at == datetime.fromtimestamp((T0 + 1) / 1000, UTC)
    assert topic.complete_until == datetime.fromtimestamp((T0 - DAY_MS) / 1000, UTC)
    assert (topic.topic, topic.lag, topic.late_share_day) == ("note-views", 4, 0)


def test_days_that_are_not_given_are_thirty_that_are_final_and_those_that_are_open(shop, reported):
    long_ago = sub_order(brand_id="c", paid_at=T0 - 90 * DAY_MS)
    shop(sub_order(), long_ago, sub_order(brand_id="c", paid_at=T0 + 2 * DAY_MS))
    span = reported(None, None).span
    assert (span.since, span.until) == (date(2025, 5, 11), date(2025, 6, 17))
    span = reported(None, date(2025, 6, 10), days=0).span
    assert (span.since, span.until) == (date(2025, 5, 11), date(2025, 6, 10))


def test_days_that_are_not_given_begin_with_the_data(shop, reported):
    shop(sub_order(), sub_order(brand_id="c", paid_at=T0 + 2 * DAY_MS))
    span = reported(None, None).span
    assert (span.since, span.until) == (date(2025, 6, 15), date(2025, 6, 17))
    before = date(2025, 6, 1)
    span = reported(None, before).span
    assert (span.since, span.until) == (before, before)


def test_the_window_is_the_usual_one_but_no_more_than_was_stored(shop, reported):
    shop(sub_order())
    assert reported(days=None, usual_days=14).span.lookback_days == 14
    assert reported(days=None, usual_days=60).span.lookback_days == 30
    assert reported(days=0).span.lookback_days == 0


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"brand": "none"}, "There is nothing of brand none in the database"),
        ({"days": 31}, "--lookback-days is 31, but paths were stored with 30 days"),
        ({"since": date(2025, 6, 21)}, "--since 2025-06-21 is after --until 2025-06-20"),
        ({"since": date(2025, 6, 16), "until": None}, "after the newest event"),
        ({"since": date(2024, 6, 19)}, "more than 366 days"),
        ({"until": date(2150, 1, 1)}, "beyond the days that ClickHouse keeps"),
    ],
)
def test_what_has_no_answer_is_refused_in_a_sentence(shop, reported, asked, sentence):
    shop(sub_order())
    with pytest.raises(SettingsError, match=sentence):
        reported(**asked)


def test_a_database_without_events_has_no_brand(reported):
    with pytest.raises(SettingsError, match="There is nothing of brand b"):
        reported()
