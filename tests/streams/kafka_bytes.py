"""What a broker answers, made with aiokafka's own builder, and how aiokafka reads it."""

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c
from lz4.frame import LZ4FrameCompressor
from zstandard import ZstdCompressor

from schemas.rejects import Fault
from schemas.varint import encode_long
from streams.transport import fetches, one_batch, record_batches
from streams.transport.fetches import FetchResult, Room, Waiting
from streams.transport.record_batches import Records

TP = TopicPartition("note-views", 0)
TIME = 1_760_000_000_000
NONE, GZIP, SNAPPY, LZ4, ZSTD = CODECS = range(5)
LOG_APPEND_TIME, CONTROL = 0x08, 0x20
_HEADER_BYTES = 61
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


def expanding(records: Sequence[tuple[bytes, bytes | int]], codec: int) -> bytes:
    """A record batch that expands to much, made without holding it. A number is a value of so many zeros."""
    encoder = _ENCODERS[codec]()
    body = b"".join(encoder(piece) for piece in _bodies(records)) + encoder(None)
    made = bytearray(_HEADER_BYTES)
    fields = (
        0,
        len(body) + _HEADER_BYTES - 12,
        0,
        2,
        0,
        codec,
        len(records) - 1,
        TIME,
        TIME,
        -1,
        -1,
        -1,
    )
    struct.pack_into(">qiibIhiqqqhii", made, 0, *fields, len(records))
    return with_right_crc(made + body)


def _bodies(records: Sequence[tuple[bytes, bytes | int]]) -> Iterator[bytes]:
    for number, (key, value) in enumerate(records):
        size = value if isinstance(value, int) else len(value)
        head = b"\x00\x00" + encode_long(number) + encode_long(len(key)) + key + encode_long(size)
        yield encode_long(len(head) + size + 1) + head
        if isinstance(value, int):
            yield from (bytes(min(1 << 20, size - at)) for at in range(0, size, 1 << 20))
        else:
            yield value
        yield b"\x00"


def _gzip() -> Callable[[bytes | None], bytes]:
    made = zlib.compressobj(9, zlib.DEFLATED, 31)
    return lambda piece: made.flush() if piece is None else made.compress(piece)


def _lz4() -> Callable[[bytes | None], bytes]:
    made = LZ4FrameCompressor(block_linked=False)
    begins = [made.begin()]
    return lambda piece: (
        made.flush() if piece is None else (begins.pop() if begins else b"") + made.compress(piece)
    )


def _zstd() -> Callable[[bytes | None], bytes]:
    made = ZstdCompressor().compressobj()
    return lambda piece: made.flush() if piece is None else made.compress(piece)


_ENCODERS: dict[int, Callable[[], Callable[[bytes | None], bytes]]] = {
    NONE: lambda: lambda piece: piece or b"",
    GZIP: _gzip,
    LZ4: _lz4,
    ZSTD: _zstd,
}


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
    with patch.object(one_batch, "_FEW", 0), patch.object(record_batches, "_FEW", 0):
        return as_ever(raw, position, aborted)


def as_ever(raw: bytes, position: int = 0, aborted: Any = None) -> tuple[list[Any], int]:
    """The same, read as it is in a worker."""
    records = _fetched(fetches.MemoryRecords(raw), position, aborted)
    Waiting({TP: SimpleNamespace(_partition_records=records)}, Room(1 << 30))
    found = list(records)
    return (rows(record_batches.read(found)) if found else []), records.next_fetch_offset


def faults(raw: bytes) -> Mapping[int, Fault]:
    """Of its records, by offset."""
    with patch.object(one_batch, "_FEW", 0), patch.object(record_batches, "_FEW", 0):
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
