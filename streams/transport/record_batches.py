"""Kafka's record batches as columns, without an object for each record.

Field for field, a record of format 2 without headers is an Avro datum:

    length, attributes, timestamp delta, offset delta    longs
    key, value                                           bytes
    number of headers                                    long

(`attributes` is a byte and no varint, but always 0, which is the same byte in both.) So what a record batch compresses
is a block of an Avro file, and what several do, one behind the other, is one too.

A block has no boundaries between records. What `schemas.lengths` takes for the size of a message is here what a
record says itself: its length, and the bytes of that. Its walk begins with the first record and must end where each
record says that it ends, and what the records of a record batch say must add up to its size, for each record batch.
Then each record was read from its first byte to its last, as aiokafka would read it. Where any of this does not hold
(a key or a value is null, there are headers, or the format is an old one), aiokafka reads the records one by one.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

import numpy as np
import polars as pl
from aiokafka.codec import gzip_decode, lz4_decode, snappy_decode, zstd_decode
from numpy.typing import NDArray

from schemas.block import BlockReader
from schemas.columns import Column, Kind, binary
from schemas.varint import encoded_sizes

_FIELDS = {
    "length": Kind.LONG,
    "attributes": Kind.LONG,
    "timestamp": Kind.LONG,
    "offset": Kind.LONG,
    "key": Kind.BYTES,
    "value": Kind.BYTES,
    "headers": Kind.LONG,
}
_READER = BlockReader([Column(name, kind) for name, kind in _FIELDS.items()])
_LENGTH, _ATTRIBUTES, _TIMESTAMP, _OFFSET, _KEY, _VALUE, _HEADERS = range(len(_FIELDS))

_INT32 = struct.Struct(">i")
#: Of all formats: where a batch says how many bytes follow, where these begin, and where it says its format.
_SIZE_AT, _SIZED_AT, _FORMAT_AT = 8, 12, 16
#: Of format 2: where a batch says how many records it has, and all that comes before these.
_FORMAT, _COUNT_AT = 2, 57
_HEADER = np.dtype(
    [
        ("base_offset", ">i8"),
        ("size", ">i4"),
        ("leader_epoch", ">i4"),
        ("format", "i1"),
        ("crc", ">u4"),
        ("attributes", ">i2"),
        ("last_offset_delta", ">i4"),
        ("first_timestamp", ">i8"),
        ("max_timestamp", ">i8"),
        ("producer_id", ">i8"),
        ("producer_epoch", ">i2"),
        ("base_sequence", ">i4"),
        ("count", ">i4"),
    ]
)
_CODEC, _LOG_APPEND_TIME = 0x07, 0x08
_DECOMPRESS: dict[int, Callable[[memoryview], bytes | memoryview]] = {
    0: memoryview,
    1: gzip_decode,
    2: snappy_decode,
    3: lz4_decode,
    4: zstd_decode,
}

#: So few records take less time one by one: of one record batch, and of those that are read together.
_FEW_IN_ONE, _FEW = 20, 1_000


@dataclass(frozen=True, slots=True)
class Records:
    """Records of one partition in the order of their offsets, as columns of equal length.

    timestamps: ms since the Unix epoch. keys, values: Binary.
    """

    offsets: NDArray[np.int64]
    timestamps: NDArray[np.int64]
    keys: pl.Series
    values: pl.Series

    def __len__(self) -> int:
        return len(self.offsets)


class RecordBatch:
    """One of aiokafka's, that is iterated over as a whole: it yields itself, as if it were the last of its records.

    raw: its bytes. position: records before this offset are not wanted.
    """

    def __init__(self, batch: Any, raw: memoryview, position: int) -> None:
        self._batch = batch
        self._raw = raw
        self.position = position

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator["RecordBatch"]:
        yield self

    def __next__(self) -> Any:
        return next(self._batch)

    @property
    def offset(self) -> int:
        """Of its last record."""
        last: int = self._batch.next_offset - 1
        return last

    @property
    def header(self) -> memoryview:
        """What it begins with, uncompressed."""
        return self._raw[: _HEADER.itemsize]

    def body(self) -> bytes | memoryview:
        """Its records, one behind the other. Raises KeyError if their compression is not known here."""
        return _DECOMPRESS[self.compression_type](self._raw[_HEADER.itemsize :])

    def records(self) -> Iterator[Any]:
        """Its records, as aiokafka reads and skips them."""
        position = self.position
        for record in self._batch:
            if record.offset >= position:
                position = record.offset + 1
                yield record


class RecordBatches:
    """aiokafka's MemoryRecords of a fetch, from which large record batches of format 2 come whole.

    raw: the bytes that they are made of. position: where the fetch begins.
    """

    def __init__(self, records: Any, raw: bytes, position: int) -> None:
        self._records = records
        self._raw = memoryview(raw)
        self._at = 0
        self._position = position

    def has_next(self) -> bool:
        has: bool = self._records.has_next()
        return has

    def next_batch(self) -> Any:
        batch = self._records.next_batch()
        (size,) = _INT32.unpack_from(self._raw, self._at + _SIZE_AT)
        begins, self._at = self._at, self._at + _SIZED_AT + size
        raw = self._raw[begins : self._at]
        if raw[_FORMAT_AT] != _FORMAT or _INT32.unpack_from(raw, _COUNT_AT)[0] <= _FEW_IN_ONE:
            return batch
        return RecordBatch(batch, raw, self._position)


def read(found: Sequence[Any]) -> Records:
    """All of what a fetch is iterated as, record batches and records of aiokafka's, at least one.

    Raises what aiokafka raises for record batches that are corrupt.
    """
    alike = [(kind, list(run)) for kind, run in groupby(found, type)]
    return _concat([_read(run) if kind is RecordBatch else _of_records(run) for kind, run in alike])


def _read(batches: Sequence[RecordBatch]) -> Records:
    headers = np.frombuffer(b"".join(batch.header for batch in batches), _HEADER)
    if headers["count"].sum() <= _FEW:
        return _singly(batches)
    whole = _read_whole(batches, headers)
    if whole is not None:
        return whole
    if len(batches) == 1:
        return _singly(batches)
    half = len(batches) // 2
    return _concat([_read(batches[:half]), _read(batches[half:])])


def _read_whole(batches: Sequence[RecordBatch], headers: NDArray[np.void]) -> Records | None:
    """None unless every record is certainly read right."""
    counts = headers["count"].astype(np.int64)
    if not set(headers["attributes"] & _CODEC) <= _DECOMPRESS.keys():
        return None
    bodies = [batch.body() for batch in batches]
    block = _READER.decode(bodies, int(counts.sum()))
    if block is None:
        return None
    columns = block.frame.get_columns()
    if any((columns[at] != 0).any() for at in (_ATTRIBUTES, _HEADERS)):
        return None
    lengths = columns[_LENGTH].to_numpy()
    sizes = encoded_sizes(lengths) + lengths
    ends = np.cumsum(sizes)[np.cumsum(counts) - 1]
    if not np.array_equal(ends, np.cumsum([len(body) for body in bodies])):
        return None
    if not _READER.check.passes(block, sizes):
        return None
    return _records(headers, counts, columns, batches[0].position)


def _records(
    headers: NDArray[np.void],
    counts: NDArray[np.int64],
    columns: Sequence[pl.Series],
    position: int,
) -> Records | None:
    """None if offsets do not ascend: aiokafka passes over those that go back."""
    offsets = np.repeat(headers["base_offset"].astype(np.int64), counts)
    offsets += columns[_OFFSET].to_numpy()
    if (np.diff(offsets) <= 0).any():
        return None
    first = int(np.searchsorted(offsets, position))
    return Records(
        offsets[first:],
        _timestamps(headers, counts, columns[_TIMESTAMP].to_numpy())[first:],
        columns[_KEY][first:],
        columns[_VALUE][first:],
    )


def _timestamps(
    headers: NDArray[np.void], counts: NDArray[np.int64], deltas: NDArray[np.int64]
) -> NDArray[np.int64]:
    stamped = headers["attributes"] & _LOG_APPEND_TIME != 0
    began = np.where(stamped, headers["max_timestamp"], headers["first_timestamp"])
    timestamps: NDArray[np.int64] = np.repeat(began.astype(np.int64), counts)
    return timestamps + np.where(np.repeat(stamped, counts), 0, deltas)


def _singly(batches: Sequence[RecordBatch]) -> Records:
    return _of_records([record for batch in batches for record in batch.records()])


def _of_records(records: Sequence[Any]) -> Records:
    return Records(
        np.fromiter(map(attrgetter("offset"), records), np.int64, len(records)),
        np.fromiter(map(attrgetter("timestamp"), records), np.int64, len(records)),
        binary(list(map(attrgetter("key"), records))),
        binary(list(map(attrgetter("value"), records))),
    )


def _concat(found: Sequence[Records]) -> Records:
    if len(found) == 1:
        return found[0]
    return Records(
        np.concatenate([records.offsets for records in found]),
        np.concatenate([records.timestamps for records in found]),
        pl.concat([records.keys for records in found]),
        pl.concat([records.values for records in found]),
    )
