"""Which days can be compared, by what the topics still hold.

Defined in docs/definitions.md §13.2.
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from schemas.topics import LINK_CLICKS, NOTE_SAVES, NOTE_VIEWS, SOURCE_TOPICS, TAOBAO_PURCHASES
from verify.coverage import PARTS, Coverage, LeftOut, Part

#: The last millisecond of 22 June 2025 in Shanghai.
LATE_ON_22 = int(datetime(2025, 6, 22, 16, tzinfo=UTC).timestamp() * 1000) - 1
LOOKBACK_DAYS = 7


def part(name: str) -> Part:
    [found] = [part for parts in PARTS.values() for part in parts if part.name == name]
    return found


@pytest.mark.parametrize("topic", SOURCE_TOPICS)
@pytest.mark.parametrize(("later_ms", "day"), [(0, 24), (1, 25)])
def test_the_first_day_of_facts_is_no_day_on_which_events_may_lie_that_have_expired(
    topic: str, later_ms: int, day: int
) -> None:
    coverage = Coverage({topic: LATE_ON_22 + later_ms}, LOOKBACK_DAYS)
    of = {NOTE_VIEWS: "views", NOTE_SAVES: "saves", LINK_CLICKS: "clicks"}
    facts = part(of.get(topic, "order_events"))
    assert coverage.first_day(facts) == date(2025, 6, day)
    others = [part for parts in PARTS.values() for part in parts if topic not in _topics(part)]
    assert len(others) == 3
    assert {coverage.first_day(other) for other in others} == {None}


def _topics(part: Part) -> tuple[str, ...]:
    return part.topics + part.looked_back


@pytest.mark.parametrize(
    ("begins", "journeys", "conversions"),
    [
        ({}, None, None),
        ({NOTE_SAVES: 0}, 24, 24 + LOOKBACK_DAYS),
        ({TAOBAO_PURCHASES: 0}, 24, 24),
        ({TAOBAO_PURCHASES: 10, LINK_CLICKS: 0}, 34, 34),
        ({TAOBAO_PURCHASES: 0, LINK_CLICKS: 10}, 34, 34 + LOOKBACK_DAYS),
    ],
)
def test_what_is_joined_needs_all_topics_and_conversions_the_lookback_before(
    begins: dict[str, int], journeys: int | None, conversions: int | None
) -> None:
    coverage = Coverage(
        {topic: LATE_ON_22 + days * 86_400_000 for topic, days in begins.items()}, LOOKBACK_DAYS
    )
    assert coverage.first_day(part("journeys")) == _june(journeys)
    assert coverage.first_day(part("conversions")) == _june(conversions)


def _june(day: int | None) -> date | None:
    return None if day is None else date(2025, 6, 1) + timedelta(days=day - 1)


def test_conditions_are_by_kind() -> None:
    coverage = Coverage({NOTE_VIEWS: LATE_ON_22}, LOOKBACK_DAYS)
    assert coverage.condition("touches") == "(NOT (kind = 'view') OR day >= '2025-06-24')"
    assert coverage.condition("order_events") == coverage.condition("dead_letters") == "1"


def test_touches_are_bounded_where_all_of_them_are() -> None:
    begins = dict(zip((NOTE_SAVES, NOTE_VIEWS, LINK_CLICKS), range(1, 4), strict=True))
    times = {topic: LATE_ON_22 + days * 86_400_000 for topic, days in begins.items()}
    assert Coverage(times, LOOKBACK_DAYS).first_touches() == date(2025, 6, 25)
    times.popitem()
    assert Coverage(times, LOOKBACK_DAYS).first_touches() is None


def test_what_is_needed_is_told() -> None:
    coverage = Coverage({NOTE_VIEWS: LATE_ON_22}, LOOKBACK_DAYS)
    left_out = LeftOut.of(coverage, part("conversions"), 1200, date(2025, 6, 20))
    assert left_out.sentences(date(2025, 7, 20)) == (
        "conversions: 1,200 rows of days before 2025-07-01 are left out, because what they follow from has expired "
        "(note-views begins at 2025-06-22 23:59). To compare conversions of 2025-06-20, the topics must begin at the "
        "latest: taobao-purchases at 2025-06-19 and note-views, note-saves, link-clicks at 2025-06-12; that is a "
        "retention of 39 days today."
    )
