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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import attrgetter
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.block import BlockReader
from schemas.columns import Column, Kind, binary
from schemas.rejects import Fault
from schemas.varint import encoded_sizes
from streams.transport.batch_format import HEADER, LOG_APPEND_TIME
from streams.transport.expansion import plain_values
from streams.transport.one_batch import Piece, RecordBatch

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

#: Of a record: a byte for each field.
_LEAST_BYTES = len(_FIELDS)
#: So few records take less time one by one.
_FEW = 1_000


@dataclass(frozen=True, slots=True)
class Records:
    """Records of one partition in the order of their offsets, as columns of equal length.

    timestamps: ms since the Unix epoch. keys, values: Binary. faults: by offset, of those that were not read whole.
    """

    offsets: NDArray[np.int64]
    timestamps: NDArray[np.int64]
    keys: pl.Series
    values: pl.Series
    faults: Mapping[int, Fault] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.offsets)

    def only(self, wanted: NDArray[np.bool_]) -> "Records":
        """Those that are wanted, which mostly are all."""
        if wanted.all():
            return self
        where = pl.Series(wanted)
        return replace(
            self,
            offsets=self.offsets[wanted],
            timestamps=self.timestamps[wanted],
            keys=self.keys.filter(where),
            values=self.values.filter(where),
        )


def read(found: Sequence[Any]) -> Records:
    """All of what a fetch is iterated as, record batches, pieces of them and records, at least one."""
    alike = [(kind, list(run)) for kind, run in groupby(found, type)]
    return _ascending(_concat([_of_kind(kind, run) for kind, run in alike]))


def _of_kind(kind: type, found: Sequence[Any]) -> Records:
    if kind is RecordBatch:
        return _read(found)
    if kind is Piece:
        return _of_records([record for piece in found for record in piece.records])
    return _of_records(found)


def _read(batches: Sequence[RecordBatch]) -> Records:
    headers = np.frombuffer(b"".join(batch.header for batch in batches), HEADER)
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
    bodies = [batch.body for batch in batches]
    if (counts * _LEAST_BYTES > [len(body) for body in bodies]).any():
        return None
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
    # A record is longer than its key and its value.
    if lengths.max() > batches[0].limit and _largest(columns) > batches[0].limit:
        return None
    return _records(headers, counts, columns, batches[0].position)


def _largest(columns: Sequence[pl.Series]) -> int:
    """Key and value of a record together, in bytes."""
    largest: int = (columns[_KEY].bin.size() + columns[_VALUE].bin.size()).to_numpy().max()
    return largest


def _records(
    headers: NDArray[np.void],
    counts: NDArray[np.int64],
    columns: Sequence[pl.Series],
    position: int,
) -> Records:
    offsets = np.repeat(headers["base_offset"].astype(np.int64), counts)
    offsets += columns[_OFFSET].to_numpy()
    timestamps = _timestamps(headers, counts, columns[_TIMESTAMP].to_numpy())
    records = Records(offsets, timestamps, columns[_KEY], columns[_VALUE])
    return records.only(offsets >= position)


def _ascending(records: Records) -> Records:
    """Without those that go back, which aiokafka passes over as well."""
    reached = np.maximum.accumulate(records.offsets)
    return records.only(np.diff(reached, prepend=-1) > 0)


def _timestamps(
    headers: NDArray[np.void], counts: NDArray[np.int64], deltas: NDArray[np.int64]
) -> NDArray[np.int64]:
    stamped = headers["attributes"] & LOG_APPEND_TIME != 0
    began = np.where(stamped, headers["max_timestamp"], headers["first_timestamp"])
    timestamps: NDArray[np.int64] = np.repeat(began.astype(np.int64), counts)
    return timestamps + np.where(np.repeat(stamped, counts), 0, deltas)


def _singly(batches: Sequence[RecordBatch]) -> Records:
    return _of_records([record for batch in batches for record in batch.records()])


def _of_records(records: Sequence[Any]) -> Records:
    values, faults = plain_values(
        map(attrgetter("offset"), records), list(map(attrgetter("value"), records))
    )
    return Records(
        np.fromiter(map(attrgetter("offset"), records), np.int64, len(records)),
        np.fromiter(map(attrgetter("timestamp"), records), np.int64, len(records)),
        binary(list(map(attrgetter("key"), records))),
        binary(values),
        faults,
    )


def _concat(found: Sequence[Records]) -> Records:
    if len(found) == 1:
        return found[0]
    return Records(
        np.concatenate([records.offsets for records in found]),
        np.concatenate([records.timestamps for records in found]),
        pl.concat([records.keys for records in found]),
        pl.concat([records.values for records in found]),
        {offset: fault for records in found for offset, fault in records.faults.items()},
    )
