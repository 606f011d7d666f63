"""What verify reads of record batches is what a worker reads of them, whatever they expand to."""

import struct
from typing import Any

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from expanding import CODECS, GZIP, LZ4, TIME, ZSTD, expanding, with_right_crc
from kafka import TopicPartition
from kafka.consumer.fetcher import Fetcher, IsolationLevel

from schemas.registry import DirectoryRegistry
from schemas.rejects import Reason
from schemas.topics import NOTE_VIEWS
from verify.bounded import MemoryRecords
from verify.messages import Messages

MB = 1 << 20


def rows(raw: bytes) -> list[dict[str, Any]]:
    records = Fetcher.PartitionRecords(
        0,
        TopicPartition(NOTE_VIEWS, 0),
        MemoryRecords(raw),
        isolation_level=IsolationLevel.READ_COMMITTED,
    )
    return Messages(DirectoryRegistry()).rows(records.take())


def batch(codec: int, count: int) -> bytearray:
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, -1, 1 << 20)
    for offset in range(count):
        builder.append(offset, TIME, b"key", b"\1" * 50, [("trace", b"1")])
    return bytearray(builder.build())


@pytest.mark.parametrize("codec", CODECS)
def test_every_compression(codec: int) -> None:
    found = rows(bytes(batch(codec, 40)))
    assert [(row["offset"], row["key"], row["payload"]) for row in found] == [
        (offset, b"key", b"\1" * 50) for offset in range(40)
    ]


@pytest.mark.parametrize("codec", [GZIP, LZ4, ZSTD])
def test_what_is_too_large(codec: int) -> None:
    found = rows(expanding([(b"a", b"x"), (b"b", 2 * MB), (b"c", 20 * MB), (b"d", b"x")], codec))
    assert [(row["key"], len(row["payload"]), row["damage"]) for row in found] == [
        (b"a", 1, Reason.NOT_WIRE_FORMAT),
        (b"b", 4096, Reason.OVERSIZED),
        (b"c", 4096, Reason.OVERSIZED),
        (b"d", 1, Reason.NOT_WIRE_FORMAT),
    ]
    assert {type(row["payload"]) for row in found} == {bytes}


@pytest.mark.parametrize("codec", [GZIP, LZ4, ZSTD])
def test_what_cannot_be_read_to_its_end(codec: int) -> None:
    made = batch(codec, 40)[:-20]
    struct.pack_into(">i", made, 8, len(made) - 12)
    raw = with_right_crc(made)
    *_, last = rows(raw)
    assert (last["offset"], last["damage"]) == (39, Reason.DAMAGED_BATCH)
    assert last["payload"] == raw[:4096]
    assert last["key"] is None
