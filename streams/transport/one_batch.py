"""One record batch, read without more memory than it should take.

Its client (aiokafka, kafka-python) would hold whatever it expands to, so it is expanded here, and the client reads the
records of what that comes to. One that is larger than it should be is read record by record while it is expanded.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import CorruptRecordException
from kafka.errors import CorruptRecordError

from schemas.rejects import Fault, Reason
from streams.batch import RECORD_BYTES
from streams.transport import expansion
from streams.transport.batch_format import (
    ATTRIBUTES_AT,
    CODEC,
    COUNT_AT,
    FORMAT,
    FORMAT_AT,
    HEADER,
    MAX_TIMESTAMP_AT,
    OLD_ATTRIBUTES_AT,
    OLD_KEY_AT,
    OLD_TIMESTAMP_AT,
    end_of,
)
from streams.transport.expansion import (
    BEGINNING_BYTES,
    CODECS,
    MESSAGE_BYTES,
    WHOLE_BYTES,
    Damaged,
    Record,
    Unread,
    cut,
    expanded,
)

_INT32, _INT64 = struct.Struct(">i"), struct.Struct(">q")
#: What is too large to be read whole is handed on in pieces of so much.
_PIECE_BYTES = 4 << 20
#: What a record costs in memory beside its bytes before it is in columns.
_OBJECT_BYTES = 256


@dataclass(frozen=True, slots=True)
class Piece:
    """Records of a batch that is too large to be read whole, at least one. memory_bytes: what was expanded for it."""

    records: Sequence[Any]
    memory_bytes: int

    @property
    def offset(self) -> int:
        """Of the last."""
        last: int = self.records[-1].offset
        return last


class RecordBatch:
    """One of a client's (aiokafka's, kafka-python's), iterated over without more memory than it should take.

    raw: its bytes. position: records before this offset are not wanted. limit: of key and value together, in bytes.
    whole: it is iterated over as a whole: it yields itself, as if it were the last of its records. One that is too
    large for that comes in pieces, and one of an old format record by record.
    """

    def __init__(self, batch: Any, raw: memoryview, position: int, limit: int, whole: bool) -> None:
        self._batch = batch
        self._raw = raw
        self.limit = limit
        self._whole = whole
        self._old = raw[FORMAT_AT] < FORMAT
        self.body: bytes | memoryview = b""
        self.position = position

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        if self._codec not in CODECS:
            yield from self._batch  # which says that it does not know it either
            return
        body, error = self._expanded()
        if body is None:
            for piece in self._pieces(error):
                yield from [piece] if self._whole else piece.records
            return
        self.body = body
        if self._whole and not self._old:
            yield self
        else:
            yield from self.records()

    def __next__(self) -> Any:
        return next(self._batch)

    @property
    def offset(self) -> int:
        """Of its last record."""
        if self._old:
            last: int = _INT64.unpack_from(self._raw)[0]
        else:
            last = self._batch.next_offset - 1
        return last

    @property
    def count(self) -> int:
        """Number of records, as a batch of format 2 has it."""
        count: int = _INT32.unpack_from(self._raw, COUNT_AT)[0]
        return count

    @property
    def memory_bytes(self) -> int:
        """About how much memory it takes, expanded."""
        return len(self.body) + RECORD_BYTES * self.count

    @property
    def header(self) -> memoryview:
        """What it begins with, uncompressed."""
        return self._raw[: HEADER.itemsize]

    def records(self) -> Iterator[Any]:
        """Its records, as the client reads and skips them, once it was expanded."""
        whole = len(self.body) <= self.limit
        return self._wanted(self._plain if whole else map(self._cut, self._plain))

    @property
    def _codec(self) -> int:
        return self._raw[OLD_ATTRIBUTES_AT if self._old else ATTRIBUTES_AT] & CODEC

    @property
    def _compressed(self) -> memoryview:
        if not self._old:
            return self._raw[HEADER.itemsize :]
        at = OLD_KEY_AT[self._raw[FORMAT_AT]]
        (key_size,) = _INT32.unpack_from(self._raw, at)
        return self._raw[at + 2 * _INT32.size + max(key_size, 0) :]

    @property
    def _plain(self) -> Iterator[Any]:
        """The client's own, of a batch that is not compressed or does not expand to much."""
        if self._old or not self._codec:
            return iter(self._batch)
        header = bytearray(self.header)
        header[ATTRIBUTES_AT] &= ~CODEC
        return iter(type(self._batch)(bytes(header) + self.body))

    def _cut(self, record: Any) -> Any:
        key, value = record.key, record.value
        sizes = len(key or b""), len(value or b"")
        if sum(sizes) <= self.limit:
            return record
        found = Record(record.offset, record.timestamp, record.timestamp_type, key, value)
        return cut(found, *sizes, self.limit)

    def _expanded(self) -> tuple[bytes | memoryview | None, Damaged | None]:
        """All of it, if it is not too much or damaged."""
        try:
            return expanded(self._codec, self._compressed), None
        except Damaged as error:
            return None, error

    def _pieces(self, error: Damaged | None) -> Iterator[Piece]:
        """What is too large to be expanded at once, or damaged somewhere."""
        if self._old:
            # The offsets in it are known only when all of it was read.
            why = error or f"it expands to more than {WHOLE_BYTES:,} bytes"
            reason = Reason.DAMAGED_BATCH if error else Reason.OVERSIZED
            yield Piece([self._damaged(why, reason)], WHOLE_BYTES)
            return
        batch = expansion.Batch(self._raw, self.limit)
        found: list[Record] = []
        had = 0
        for record in self._wanted(batch):
            found.append(record)
            size = batch.had - had + _OBJECT_BYTES * len(found)
            if size >= _PIECE_BYTES:
                yield Piece(found, size)
                found, had = [], batch.had
        if found:
            yield Piece(found, batch.had - had)

    def _wanted(self, records: Iterable[Any]) -> Iterator[Any]:
        """Those that neither come before where reading goes on nor go back, until one cannot be read."""
        try:
            for record in records:
                if record.offset >= self.position:
                    self.position = record.offset + 1
                    yield record
        except (Damaged, CorruptRecordException, CorruptRecordError) as error:
            if self.offset >= self.position:
                yield self._damaged(error)

    def _damaged(self, why: object, reason: Reason = Reason.DAMAGED_BATCH) -> Record:
        """What stands for the records that cannot be read, in the place of the last."""
        begins, last = _INT64.unpack_from(self._raw)[0], self.offset
        here = max(begins, self.position)
        detail = (
            f"its record batch, offsets {begins} to {last}, cannot be read from {here} on ({why})"
        )
        if not self._old:
            (timestamp,) = _INT64.unpack_from(self._raw, MAX_TIMESTAMP_AT)
        else:
            timestamp = (
                _INT64.unpack_from(self._raw, OLD_TIMESTAMP_AT)[0] if self._raw[FORMAT_AT] else -1
            )
        beginning = Unread.of(bytes(self._raw[:BEGINNING_BYTES]), Fault(reason, detail))
        return Record(last, timestamp, 0, None, beginning)


class BoundedRecords:
    """Stands before a client's MemoryRecords among the bases of a class: its record batches are bounded then.

    whole: they come whole. position: where the fetch begins, if they do. limit: of key and value of a record together.
    """

    whole = False
    position = 0
    limit = MESSAGE_BYTES

    def __init__(self, raw: bytes) -> None:
        super().__init__(raw)  # type: ignore[call-arg]
        self._raw = raw
        self._at = 0

    def next_batch(self) -> Any:
        """The next one, None behind the last."""
        batch = super().next_batch()  # type: ignore[misc]
        if batch is None:
            return None
        begins, self._at = self._at, end_of(self._raw, self._at)
        raw = memoryview(self._raw)[begins : self._at]
        return RecordBatch(batch, raw, self.position, self.limit, self.whole)


def memory_bytes(one: Any) -> int:
    """About how much memory something takes that a fetch is iterated as: a record batch, a piece of it, a record."""
    if isinstance(one, RecordBatch | Piece):
        return one.memory_bytes
    return len(one.key or b"") + len(one.value or b"") + _OBJECT_BYTES
