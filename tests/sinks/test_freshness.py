"""progress and freshness: how far workers have come, and how much was late."""

import pytest
from sink_rows import T0, block

SLOT_MS = 600_000
HOUR_MS = 6 * SLOT_MS
#: The start of the ten minutes of T0.
SLOT = T0 // SLOT_MS * SLOT_MS


@pytest.fixture
def progress(writer):
    """Puts rows into the table, one insert for each."""

    def put(*rows):
        for row in rows:
            writer.insert(block("progress", row))

    return put


def slots(*offsets):
    """One row for every ten minutes, with the offset behind it; the last is of T0."""
    first = SLOT - SLOT_MS * (len(offsets) - 1)
    return [
        {"slot": first + n * SLOT_MS, "next_offset": offset, "end_offset": offset}
        for n, offset in enumerate(offsets)
    ]


def late(writer, *timestamps, **others):
    rows = (
        {"offset": n, "reason": "too_late", "kafka_timestamp": at, **others}
        for n, at in enumerate(timestamps)
    )
    writer.insert(block("dead_letters", *rows))


SHARES = "SELECT late_share_hour, late_share_day FROM freshness ORDER BY topic, partition"


def test_the_newest_of_everything_whatever_comes_first(progress, query):
    rows = [
        {"next_offset": 7, "end_offset": 9, "newest_event_at": T0 - 5, "event_time": T0 - 9},
        {"next_offset": 3, "end_offset": 20, "newest_message_at": T0 + 4},
        {"next_offset": 5, "newest_event_at": T0 - 8, "complete_until": T0 - 99},
    ]
    columns = (
        "toUnixTimestamp64Milli(newest_event_at), toUnixTimestamp64Milli(newest_message_at),"
        " processed, lag, toUnixTimestamp64Milli(complete_until)"
    )
    for order in (rows, rows[::-1], rows + rows):
        progress(*order)
        assert query(f"SELECT {columns} FROM freshness") == [(T0 - 5, T0 + 4, 7, 13, T0 - 99)]
    assert query("SELECT count() FROM current_progress") == [(1,)]


def test_before_the_first_event_there_is_no_time(progress, query):
    progress({})
    found = query("SELECT newest_event_at, complete_until, processed, lag FROM freshness")
    assert found == [(None, None, 1, 0)]


def test_each_partition_of_each_topic(progress, query):
    progress(
        {"next_offset": 1},
        {"next_offset": 2, "partition": 1},
        {"next_offset": 3, "topic": "link-clicks"},
    )
    found = query("SELECT topic, partition, processed FROM freshness ORDER BY topic, partition")
    assert found == [("link-clicks", 0, 3), ("note-views", 0, 1), ("note-views", 1, 2)]


def test_when_it_was_written_is_known(progress, query):
    progress({})
    assert query(
        "SELECT processed_at > now() - 600 AND processed_at <= now64(3) FROM freshness"
    ) == [(1,)]


def test_late_shares_are_of_the_messages_of_the_hour_and_of_the_day(progress, writer, query):
    # Of the hour: 40 messages in six slots. Of the day: all 100, because there is nothing before.
    progress(*slots(60, 70, 70, 80, 90, 95, 100))
    late(writer, T0, SLOT - HOUR_MS + SLOT_MS, SLOT - HOUR_MS + SLOT_MS - 1)
    assert query(SHARES) == [(2 / 40, 3 / 100)]


def test_late_shares_of_a_day(progress, writer, query):
    day = 24 * HOUR_MS
    progress(
        {"slot": SLOT - day, "next_offset": 500},
        {"slot": SLOT - day + SLOT_MS, "next_offset": 600},
        {"slot": SLOT, "next_offset": 1_000},
    )
    late(writer, SLOT - day, SLOT - day + SLOT_MS, SLOT)
    assert query(SHARES) == [(1 / 400, 2 / 500)]


def test_other_reasons_topics_and_partitions_do_not_count(progress, writer, query):
    progress(*slots(100), {"slot": SLOT, "partition": 1, "next_offset": 10})
    late(writer, T0, partition=1)
    late(writer, T0, topic="note-saves")
    writer.insert(block("dead_letters", {"reason": "undecodable", "offset": 9}))
    assert query(SHARES) == [(0, 0), (0.1, 0.1)]


def test_topics_of_a_partition_number_are_complete_together(progress, query):
    progress(
        {"complete_until": T0},
        {"topic": "link-clicks", "complete_until": T0 - 7},
        {"topic": "link-clicks", "partition": 1, "complete_until": T0 - 9},
    )
    asked = "SELECT toUnixTimestamp64Milli(complete_until) FROM freshness ORDER BY topic, partition"
    assert query(asked) == [(T0,), (T0 - 9,), (T0,)]
