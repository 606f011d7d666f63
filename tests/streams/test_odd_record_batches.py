"""What cannot be read whole is read as aiokafka reads it."""

import struct

import pytest
from aiokafka.errors import CorruptRecordException
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from kafka_bytes import (
    GZIP,
    LZ4,
    NONE,
    TIME,
    one_by_one,
    plain,
    record_batch,
    whole,
    with_right_crc,
)

ODD = {
    "no key": (0, 0, None, b"value", []),
    "no value": (0, 0, b"key", None, []),
    "headers": (0, 0, b"key", b"value", [("trace", b"1"), ("none", None)]),
    "a time far back": (0, -(2**62) - TIME - 1, b"key", b"value", []),
}


@pytest.mark.parametrize("odd", ODD)
def test_what_aiokafka_reads(odd: str) -> None:
    plainly = record_batch(5, plain(0, 1), LZ4)
    raw = plainly + record_batch(7, [ODD[odd], *plain(1)], LZ4) + record_batch(9, plain(0, 1), LZ4)
    assert whole(raw) == one_by_one(raw)
    assert [row[0] for row in whole(raw)[0]] == [5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("position", [7, 8, 9])
def test_a_fetch_that_begins_in_the_middle_of_what_aiokafka_reads(odd: str, position: int) -> None:
    raw = record_batch(7, [ODD[odd], *plain(1, 2)]) + record_batch(10, plain(0, 1))
    assert whole(raw, position) == one_by_one(raw, position)


@pytest.mark.parametrize("codec", [NONE, GZIP])
def test_an_old_format(codec: int) -> None:
    builder = LegacyRecordBatchBuilder(1, codec, 1 << 20)
    for offset in range(3):
        builder.append(offset, TIME, b"key", b"value %d" % offset)
    raw = bytes(builder.build())
    found, position = whole(raw, 1)
    assert (found, position) == one_by_one(raw, 1)
    assert [row[0] for row in found] == [1, 2]


def test_an_empty_batch_and_one_that_is_not_wanted() -> None:
    empty = bytearray(record_batch(5, plain(0, 3)))
    struct.pack_into(">i", empty, 57, 0)
    struct.pack_into(">i", empty, 8, 61 - 12)
    raw = with_right_crc(empty[:61])
    assert whole(raw) == one_by_one(raw) == ([], 9)
    compacted = bytearray(record_batch(5, plain(0, 1)))
    struct.pack_into(">i", compacted, 23, 4)
    raw = with_right_crc(compacted)
    assert whole(raw, 8) == one_by_one(raw, 8) == ([], 10)


@pytest.mark.parametrize(("at", "byte"), [(17, 0xFF), (60, 1), (60, 3), (61, 0x7E), (62, 2)])
def test_what_is_corrupt(at: int, byte: int) -> None:
    raw = bytearray(record_batch(5, plain(0, 1)))
    raw[at] = byte
    made = bytes(raw) if at == 17 else with_right_crc(raw)
    if at == 62:  # attributes, which aiokafka passes over
        assert whole(made) == one_by_one(made)
        return
    for how in (one_by_one, whole):
        with pytest.raises(CorruptRecordException):
            how(made)


def test_counts_that_compensate_each_other() -> None:
    one, other = bytearray(record_batch(5, plain(0, 1))), bytearray(record_batch(9, plain(0, 1)))
    one[60], other[60] = 1, 3
    with pytest.raises(CorruptRecordException):
        whole(with_right_crc(one) + with_right_crc(other))


def test_lengths_that_compensate_each_other() -> None:
    made = bytearray(record_batch(5, plain(0, 1)))
    second = 61 + 1 + made[61] // 2  # the length is one byte, zigzag
    made[61] += 2
    made[second] -= 2
    raw = with_right_crc(made)
    for how in (one_by_one, whole):
        with pytest.raises(CorruptRecordException):
            how(raw)
