"""What a broker answers, made with aiokafka's own builder, and how aiokafka reads it."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from expanding import NONE, TIME, with_right_crc

from schemas.rejects import Fault
from streams.transport import expansion, fetches, one_batch, record_batches
from streams.transport.fetches import FetchResult, Room, Waiting
from streams.transport.record_batches import Records

TP = TopicPartition("note-views", 0)
LOG_APPEND_TIME, CONTROL = 0x08, 0x20
_ATTRIBUTES_AT, _MAX_TIMESTAMP_AT = 21, 35

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


def plain(*numbers: int) -> list[Record]:
    """Records with these offsets behind the first of their batch."""
    return [(n, 7 * n, b"key %d" % n, b"a value of some length %d" % n, []) for n in numbers]


def one_by_one(raw: bytes, position: int = 0, aborted: Any = None) -> tuple[list[Any], int]:
    """What aiokafka makes of it, and where it reads on."""
    records = _fetched(MemoryRecords(raw), position, aborted)
    found = [(r.offset, r.timestamp, r.key, r.value) for r in records]
    return found, records.next_fetch_offset


def whole(raw: bytes, position: int = 0, aborted: Any = None) -> tuple[list[Any], int]:
    """The same, read as whole record batches, however few records they have."""
    with patch.object(record_batches, "_FEW", 0):
        return as_ever(raw, position, aborted)


def in_pieces(raw: bytes, position: int = 0, aborted: Any = None) -> tuple[list[Any], int]:
    """The same, as if it were too large to be read whole."""
    with patch.object(expansion, "WHOLE_BYTES", -1), patch.object(one_batch, "_PIECE_BYTES", 1_000):
        return as_ever(raw, position, aborted)


def as_ever(raw: bytes, position: int = 0, aborted: Any = None) -> tuple[list[Any], int]:
    """The same, read as it is in a worker."""
    records = _fetched(fetches.MemoryRecords(raw), position, aborted)
    Waiting({TP: SimpleNamespace(_partition_records=records)}, Room(1 << 30))
    found = list(records)
    return (rows(record_batches.read(found)) if found else []), records.next_fetch_offset


def faults(raw: bytes) -> Mapping[int, Fault]:
    """Of its records, by offset."""
    with patch.object(record_batches, "_FEW", 0):
        return record_batches.read(results(raw).getall()).faults


def results(raw: bytes, room: Room | None = None, as_worker: bool = True) -> FetchResult:
    """What waits to be drained."""
    records = _fetched(fetches.MemoryRecords(raw), 0, None)
    state = SimpleNamespace(paused=False, position=0)
    state.consumed_to = lambda offset: setattr(state, "position", offset)
    assignment = SimpleNamespace(active=True, state_value=lambda tp: state)
    found = FetchResult(TP, assignment=assignment, partition_records=records, backoff=0)
    if as_worker:
        Waiting({TP: found}, room or Room(1 << 30))
    return found


@contextmanager
def nothing_singly() -> Iterator[None]:
    """No record may be read one by one."""
    with patch.object(record_batches, "_of_records", None):
        yield


def rows(records: Records) -> list[Any]:
    """Of columns."""
    numbers = records.offsets.tolist(), records.timestamps.tolist()
    return list(zip(*numbers, records.keys, records.values, strict=True))


def _fetched(found: Any, position: int, aborted: Any) -> PartitionRecords:
    return PartitionRecords(TP, found, aborted, position, None, None, True, READ_COMMITTED)
