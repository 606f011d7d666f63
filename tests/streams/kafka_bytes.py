"""What a broker answers, made with aiokafka's own builder, and how aiokafka reads it."""

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from streams.transport import record_batches
from streams.transport.kafka import _MemoryRecords, _Waiting
from streams.transport.record_batches import Records

TP = TopicPartition("note-views", 0)
TIME = 1_760_000_000_000
NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)
LOG_APPEND_TIME, CONTROL = 0x08, 0x20
_CRC_AT, _ATTRIBUTES_AT, _MAX_TIMESTAMP_AT = 17, 21, 35

#: Offset behind the first of its batch, ms after TIME, key, value, headers.
Record = tuple[int, int, bytes | None, bytes | None, list[tuple[str, bytes | None]]]


def record_batch(
    base_offset: int,
    records: Sequence[Record],
    codec: int = NONE,
    flags: int = 0,
    producer: int = -1,
    max_timestamp: int | None = None,
) -> bytes:
    """A record batch of format 2; transactional if it has a producer."""
    transactional = int(producer >= 0)
    builder = DefaultRecordBatchBuilder(2, codec, transactional, producer, 0, 0, 1 << 30)
    for offset, after, key, value, headers in records:
        assert builder.append(offset, TIME + after, key, value, headers)
    made = builder.build()
    struct.pack_into(">q", made, 0, base_offset)
    made[_ATTRIBUTES_AT + 1] |= flags
    if max_timestamp is not None:
        struct.pack_into(">q", made, _MAX_TIMESTAMP_AT, max_timestamp)
    return with_right_crc(made)


def with_right_crc(made: bytearray) -> bytes:
    """A record batch that was changed."""
    struct.pack_into(">I", made, _CRC_AT, calc_crc32c(bytes(made[_ATTRIBUTES_AT:])))
    return bytes(made)


def plain(*numbers: int) -> list[Record]:
    """Records with these offsets behind the first of their batch."""
    return [(n, 7 * n, b"key %d" % n, b"a value of some length %d" % n, []) for n in numbers]


def one_by_one(raw: bytes, position: int = 0, aborted: Any = None) -> tuple[list[Any], int]:
    """What aiokafka makes of it, and where it reads on."""
    records = _fetched(raw, position, aborted)
    found = [(r.offset, r.timestamp, r.key, r.value) for r in records]
    return found, records.next_fetch_offset


def whole(raw: bytes, position: int = 0, aborted: Any = None) -> tuple[list[Any], int]:
    """The same, read as whole record batches, however few records they have."""
    with patch.multiple(record_batches, _FEW_IN_ONE=0, _FEW=0):
        return as_ever(raw, position, aborted)


def as_ever(raw: bytes, position: int = 0, aborted: Any = None) -> tuple[list[Any], int]:
    """The same, read as it is in a worker."""
    records = _fetched(raw, position, aborted)
    _Waiting({TP: SimpleNamespace(_partition_records=records)})
    found = list(records)
    return (rows(record_batches.read(found)) if found else []), records.next_fetch_offset


@contextmanager
def nothing_singly() -> Iterator[None]:
    """No record may be read one by one."""
    with patch.object(record_batches, "_of_records", None):
        yield


def rows(records: Records) -> list[Any]:
    """Of columns."""
    numbers = records.offsets.tolist(), records.timestamps.tolist()
    return list(zip(*numbers, records.keys, records.values, strict=True))


def _fetched(raw: bytes, position: int, aborted: Any) -> PartitionRecords:
    return PartitionRecords(
        TP, _MemoryRecords(raw), aborted, position, None, None, True, READ_COMMITTED
    )
