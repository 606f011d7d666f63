"""The table `dead_letters`: raw bytes in, the same bytes out."""

import pytest
from sink_rows import block


@pytest.mark.parametrize("raw", [b"\x00\xff\xfe\x80\n\t'\\", bytes(range(256)) * 9, b"", None])
def test_key_and_payload_are_binary_and_may_be_null(writer, query, raw):
    writer.insert(block("dead_letters", {"key": raw, "payload": raw}))
    expected = None if raw is None else raw.hex().upper()
    assert query("SELECT hex(key), hex(payload) FROM current_dead_letters") == [
        (expected, expected)
    ]


def test_the_same_message_again_is_one_row(writer, query):
    for _ in range(2):
        writer.insert(block("dead_letters", {"offset": 7}, {"offset": 8}, {"partition": 1}))
    assert query("SELECT count() FROM current_dead_letters") == [(3,)]


def test_a_message_without_a_time_is_kept(writer, query):
    writer.insert(block("dead_letters", {"kafka_timestamp": -1, "reason": "invalid_field"}))
    assert query(
        "SELECT toUnixTimestamp64Milli(kafka_timestamp), reason FROM current_dead_letters"
    ) == [(-1, "invalid_field")]
