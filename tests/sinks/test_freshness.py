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


def test_late_shares_are_of_what_is_complete(progress, writer, query):
    progress({"complete_until": T0}, {"topic": "link-clicks"})
    ages = [0, 1, HOUR_MS, HOUR_MS + 1, 24 * HOUR_MS, 24 * HOUR_MS + 1]
    views = [{"occurred_at": T0 - age, "user_id": f"{age}"} for age in ages]
    again = [{**view, "too_late": True, "published_at": T0 + 1} for view in views]
    late = [{"occurred_at": T0 - age, "user_id": "late", "too_late": True} for age in ages]
    writer.insert(block("touches", *views, *again, *late))
    # T0 itself may come in time still; what is a day old belongs to the day, and no more.
    assert query(SHARES) == [(0, 0), (2 / 4, 4 / 8)]


@pytest.mark.parametrize(
    ("topic", "table", "fields"),
    [
        ("note-views", "touches", {"kind": 1}),
        ("note-saves", "touches", {"kind": 2}),
        ("note-saves", "touches", {"kind": 3}),
        ("link-clicks", "touches", {"kind": 4}),
        ("taobao-purchases", "order_events", {}),
    ],
)
def test_each_topic_has_its_own(progress, writer, query, topic, table, fields):
    topics = ["link-clicks", "note-saves", "note-views", "taobao-purchases"]
    progress(*({"topic": name, "complete_until": T0 + 1} for name in topics))
    writer.insert(block(table, {**fields, "occurred_at": T0, "too_late": True}))
    assert query(SHARES) == [(name == topic, name == topic) for name in topics]


def test_nothing_is_late_of_nothing(progress, query):
    progress({}, {"complete_until": T0})
    assert query(SHARES) == [(0, 0)]


def test_topics_of_a_partition_number_are_complete_together(progress, query):
    progress(
        {"complete_until": T0},
        {"topic": "link-clicks", "complete_until": T0 - 7},
        {"topic": "link-clicks", "partition": 1, "complete_until": T0 - 9},
    )
    asked = "SELECT toUnixTimestamp64Milli(complete_until) FROM freshness ORDER BY topic, partition"
    assert query(asked) == [(T0,), (T0 - 9,), (T0,)]


def test_what_expired_unread_adds_up_and_is_told_again_without_harm(progress, query):
    first = {"slot": SLOT - SLOT_MS, "next_offset": 40}
    second = {"slot": SLOT, "next_offset": 90}
    lost = [{**first, "expired_unread": 7}, {**second, "expired_unread": 5}]
    progress(*lost, *lost, {**second, "next_offset": 91})
    assert query("SELECT processed, expired_unread FROM freshness") == [(91, 12)]


def test_topics_that_were_made_anew_are_read_from_their_beginning(progress, query):
    """Offsets of two epochs are no measure of each other; what came later does not change that."""
    former = {"next_offset": 900, "end_offset": 900, "expired_unread": 3, "complete_until": T0}
    progress(former, {**former, "epoch": 1, "next_offset": 5, "end_offset": 7, "expired_unread": 0})
    progress({**former, "partition": 1, "next_offset": 901})
    asked = "SELECT partition, processed, lag, expired_unread FROM freshness"
    assert query(asked) == [(0, 5, 2, 0)]
    assert query("SELECT epoch, next_offset FROM current_progress ORDER BY ALL") == [
        (0, 900),
        (0, 901),
        (1, 5),
    ]
