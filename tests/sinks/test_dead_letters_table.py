"""The table `dead_letters`: raw bytes in, the same bytes out."""

import pytest
from orders import DAY_MS
from sink_rows import T0, block


@pytest.mark.parametrize("raw", [b"\x00\xff\xfe\x80\n\t'\\", bytes(range(256)) * 9, b"", None])
def test_key_and_payload_are_binary_and_may_be_null(writer, query, raw):
    writer.insert(block("dead_letters", {"key": raw, "payload": raw}))
    expected = None if raw is None else raw.hex().upper()
    assert query("SELECT hex(key), hex(payload) FROM current_dead_letters") == [
        (expected, expected)
    ]


def test_the_same_message_again_is_one_row(writer, query):
    for _ in range(2):
        writer.insert(
            block(
                "dead_letters",
                {"offset": 7, "key": b"a"},
                {"offset": 8, "key": b"a", "kafka_timestamp": T0 + DAY_MS},
                {"offset": 9, "key": b"a", "reason": "invalid_field"},
                {"partition": 1, "payload": b"a"},
            )
        )
    rows = query(
        "SELECT reason, key, partition, epoch, offset, times FROM current_dead_letters ORDER BY ALL"
    )
    assert rows == [
        ("invalid_field", "a", 0, 0, 9, 1),
        ("undecodable", "a", 0, 0, 8, 2),
        ("undecodable", None, 1, 0, 0, 1),
    ]
    # It came first on the day of T0.
    assert query(
        "SELECT reason, day = toDate(fromUnixTimestamp64Milli(toInt64(%(at)s), 'Asia/Shanghai')), messages"
        " FROM dead_letters_by_day ORDER BY reason",
        {"at": T0},
    ) == [("invalid_field", 1, 1), ("undecodable", 1, 2)]


@pytest.mark.parametrize("epochs", [(0, 1), (1, 0)])
def test_the_place_is_that_in_the_newest_topics(writer, query, epochs):
    """A place of topics that were made anew is another one than before."""
    for epoch in epochs:
        letter = {"epoch": epoch, "kafka_timestamp": T0 - epoch, "detail": f"in {epoch}"}
        writer.insert(block("dead_letters", letter))
    assert query("SELECT count() FROM dead_letters FINAL") == [(2,)]
    assert query("SELECT epoch, detail, times FROM current_dead_letters") == [(1, "in 1", 2)]


def test_a_message_without_a_time_is_kept(writer, query):
    writer.insert(block("dead_letters", {"kafka_timestamp": -1, "reason": "invalid_field"}))
    assert query(
        "SELECT toUnixTimestamp64Milli(kafka_timestamp), reason FROM current_dead_letters"
    ) == [(-1, "invalid_field")]
