"""coverage and coverage_by_topic: how far the data reach, and what has been passed.

Defined in docs/definitions.md §8.1.
"""

from datetime import date

import pytest
from sink_rows import T0, block

DAY_MS = 86_400_000
#: 2025-06-15, the day of T0 in Shanghai.
JUNE = date(2025, 6, 15)
NEVER = date(1970, 1, 1)


@pytest.fixture
def touches(writer):
    """Puts touches into the table: kind, user, days after T0."""

    def put(*rows):
        writer.insert(
            block(
                "touches",
                *(
                    {"kind": kind, "user_id": user, "occurred_at": T0 + days * DAY_MS}
                    for kind, user, days in rows
                ),
            )
        )

    return put


VIEW, SAVE, UNSAVE, CLICK = 1, 2, 3, 4


@pytest.fixture
def topics(query):
    def ask():
        rows = query(
            "SELECT topic, oldest_day, newest_day, passed_day, trails FROM coverage_by_topic"
        )
        return {topic: tuple(rest) for topic, *rest in rows}

    return ask


def day(number):
    return date(2025, 6, number)


def test_a_day_is_passed_when_two_users_are_behind_it(touches, topics):
    touches((VIEW, "u", 0), (VIEW, "v", 3))
    assert topics() == {"note-views": (day(15), day(18), day(14), 0)}
    touches((VIEW, "u", 2))
    assert topics() == {"note-views": (day(15), day(18), day(16), 0)}
    touches((VIEW, "w", 3))
    assert topics() == {"note-views": (day(15), day(18), day(17), 0)}


def test_one_user_alone_passes_nothing(touches, topics, query):
    touches((VIEW, "u", 0), (VIEW, "u", 1), (VIEW, "u", 9))
    assert topics() == {"note-views": (day(15), day(24), None, None)}
    assert query("SELECT newest_day FROM coverage") == [(NEVER,)]


def test_unsaves_and_refunds_are_events_of_their_topics(touches, writer, topics):
    touches((SAVE, "u", 0), (UNSAVE, "v", 2), (CLICK, "u", 1), (CLICK, "v", 1))
    orders = ({"kind": 1}, {"kind": 2, "user_id": "v", "txn_id": "r", "occurred_at": T0 + DAY_MS})
    writer.insert(block("order_events", *orders))
    assert topics() == {
        "note-saves": (day(15), day(17), day(14), 1),
        "link-clicks": (day(16), day(16), day(15), 0),
        "taobao-purchases": (day(15), day(16), day(14), 1),
    }


def test_the_slowest_topic_says_how_far_all_are(touches, query):
    asked = "SELECT newest_day, oldest_day, saved_until, clicked_until, bought_until FROM coverage"
    assert query(asked) == [(NEVER,) * 5]
    touches((VIEW, "u", 0), (VIEW, "u", 5), (VIEW, "v", 5), (SAVE, "u", 3), (SAVE, "v", 3))
    assert query(asked) == [(day(17), day(15), day(17), day(19), day(19))]


def test_what_came_before_or_twice_changes_nothing(touches, topics):
    rows = [(VIEW, user, n) for n in range(4) for user in "uvw"]
    touches(*rows)
    told = topics()
    touches(*reversed(rows))
    touches(*rows[:5])
    assert topics() == told == {"note-views": (day(15), day(18), day(17), 0)}


LOOKBACK = "SELECT lookback_days FROM coverage"


def test_without_orders_the_least_lookback_is_safe(query):
    assert query(LOOKBACK) == [(1,)]


def test_the_lookback_is_the_shortest_of_the_paths_that_stand(writer, query):
    def put(days, version, name="s"):
        row = {"sub_order_id": name, "lookback_days": days, "version": version}
        writer.insert(block("conversions", row))

    put(7, 1)
    put(30, 1, "t")
    assert query(LOOKBACK) == [(7,)]
    # It was joined again with more; what it replaces is still there.
    put(30, 2)
    assert query("SELECT count() FROM conversions") == [(3,)]
    assert query(LOOKBACK) == [(30,)]
    put(14, 3)
    assert query(LOOKBACK) == [(14,)]


@pytest.fixture
def lookback(query):
    return lambda: query("SELECT lookback_days FROM coverage")[0][0]


def test_the_lookback_is_told_by_paths_and_by_workers(writer, touches, query, lookback):
    def progress(slot, days, processed="2026-01-01 00:00:00"):
        query(
            "INSERT INTO progress (topic, partition, slot, next_offset, processed_at, lookback_days)"
            f" VALUES ('note-views', 0, {slot}, 1, '{processed}', {days})"
        )

    assert lookback() == 1
    touches((VIEW, "u", 0))
    progress(600, "NULL")
    assert lookback() == 1
    progress(1200, 30)
    assert lookback() == 30
    progress(1800, 7)
    writer.insert(block("conversions", {"lookback_days": 30}))
    assert lookback() == 7
    rebuilt = "INSERT INTO rebuilds (rebuild_id, started_at, finished_at, brand_id, since, until, lookback_days)"
    query(
        f"{rebuilt} VALUES ('b', '2026-02-01', '2026-02-02', 'b', '2020-01-01', '2030-01-01', 30)"
    )
    query(f"{rebuilt} VALUES ('c', '2026-02-01', '2026-02-02', '', '2025-06-16', '2030-01-01', 30)")
    assert lookback() == 7
    query(f"{rebuilt} VALUES ('a', '2026-02-01', '2026-02-02', '', '2025-06-15', '2030-01-01', 30)")
    assert lookback() == 30
    progress(2400, 14, "2026-03-01 00:00:00")
    assert lookback() == 14
