"""What cannot be read whole is read as aiokafka reads it."""

import struct

import pytest
from aiokafka.errors import CorruptRecordException
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from expanding import GZIP, LZ4, NONE, TIME, with_right_crc
from kafka_bytes import faults, one_by_one, plain, record_batch, whole

from schemas.rejects import Reason

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


def test_attributes_of_a_record_say_nothing() -> None:
    raw = bytearray(record_batch(5, plain(0, 1)))
    raw[62] = 2
    made = with_right_crc(raw)
    assert whole(made) == one_by_one(made)


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


def test_offsets_that_go_back() -> None:
    raw = record_batch(5, plain(*range(30))) + record_batch(20, plain(*range(30)))
    assert whole(raw) == one_by_one(raw)
    back = record_batch(5, plain(0, 3, 1, 2, 4)) + record_batch(10, plain(0, 1))
    assert whole(back) == one_by_one(back)
    assert [row[0] for row in whole(back)[0]] == [5, 8, 9, 10, 11]
    assert [row[0] for row in whole(raw)[0]] == [*range(5, 50)]


def test_counts_that_compensate_each_other() -> None:
    one, other = bytearray(record_batch(5, plain(0, 1))), bytearray(record_batch(9, plain(0, 1)))
    one[60], other[60] = 1, 3
    raw = with_right_crc(one) + with_right_crc(other)
    assert [row[0] for row in whole(raw)[0]] == [5, 6, 9, 10]
    assert [(offset, fault.reason) for offset, fault in faults(raw).items()] == [
        (6, Reason.DAMAGED_BATCH)
    ]


def test_lengths_that_compensate_each_other() -> None:
    made = bytearray(record_batch(5, plain(0, 1)))
    second = 61 + 1 + made[61] // 2  # the length is one byte, zigzag
    made[61] += 2
    made[second] -= 2
    raw = with_right_crc(made)
    with pytest.raises(CorruptRecordException):
        one_by_one(raw)
    assert list(faults(raw)) == [6]
