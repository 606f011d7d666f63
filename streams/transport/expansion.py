"""What a record batch compresses, piece by piece: a kilobyte on the wire may be a gigabyte in memory.

Whoever reads topics reads them through this: the largest message decides what is held, never what a batch claims.
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import cramjam
import numpy as np
import zstandard
from lz4.frame import LZ4FrameDecompressor

from schemas.rejects import Fault, Reason
from streams.transport.batch_format import CODEC, HEADER, LOG_APPEND_TIME

#: Of key and value together, uncompressed: as much as Kafka takes unless told otherwise.
MESSAGE_BYTES = 1 << 20
#: Of a key and of a value that are larger together, each: what is kept.
BEGINNING_BYTES = 4 << 10
#: A batch that expands to no more is read at once.
WHOLE_BYTES = 8 << 20

_PIECE_BYTES = 1 << 20
_FED_BYTES = 64 << 10
_NONE, _GZIP, _SNAPPY, _LZ4, _ZSTD = range(5)
#: Another may follow one.
_GZIP_MEMBER = b"\x1f\x8b"
#: What snappy of Java begins with; behind it, blocks with their size.
_XERIAL, _XERIAL_BYTES = b"\x82SNAPPY\x00", 16
#: No byte of snappy expands to more.
_SNAPPY_RATIO = 64
_INT32 = struct.Struct(">i")
_LONGEST_NUMBER = 10


class Damaged(ValueError):
    """Bytes of a batch are not what they must be; the text says why."""


class Unread(bytes):
    """The beginning of a value that is not read. fault: why."""

    fault: Fault

    @classmethod
    def of(cls, value: bytes | None, fault: Fault) -> "Unread":
        """The beginning of a value."""
        unread = cls((value or b"")[:BEGINNING_BYTES])
        unread.fault = fault
        return unread


def plain_values(
    offsets: Iterable[int], values: Sequence[bytes | None]
) -> tuple[Sequence[bytes | None], dict[int, Fault]]:
    """The values as bytes like any others, and by offset why some of them were not read."""
    faults = {
        offset: value.fault
        for offset, value in zip(offsets, values, strict=True)
        if type(value) is Unread
    }
    if not faults:
        return values, faults
    return [bytes(value) if type(value) is Unread else value for value in values], faults


class Record(NamedTuple):
    """As the clients' own. value: Unread, if it was not read; then the key is cut as well. Headers are left out."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: tuple[()] = ()
    checksum: None = None
    size_in_bytes: int = 0

    def validate_crc(self) -> bool:
        """That of its batch was checked."""
        return True


def expand(codec: int, raw: memoryview) -> Iterator[bytes | memoryview]:
    """What was compressed, in pieces of a megabyte at most; of snappy, of the size of its blocks. Raises Damaged."""
    try:
        yield from _EXPAND[codec](raw)
    except (EOFError, RuntimeError, zlib.error, zstandard.ZstdError) as error:
        raise Damaged(f"{type(error).__name__}: {error}") from error
    except (cramjam.DecompressionError, struct.error) as error:
        raise Damaged(f"snappy: {error}") from error


def expanded(codec: int, raw: memoryview) -> bytes | memoryview | None:
    """All of it, None if it is more than WHOLE_BYTES. Raises Damaged."""
    if codec == _NONE:
        return raw
    pieces, size = [], 0
    for piece in expand(codec, raw):
        pieces.append(piece)
        size += len(piece)
        if size > WHOLE_BYTES:
            return None
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _plain(raw: memoryview) -> Iterator[memoryview]:
    yield raw


def _gzip(raw: memoryview) -> Iterator[bytes]:
    member, at = zlib.decompressobj(wbits=31), 0
    while at < len(raw):
        fed: bytes | memoryview = raw[at : at + _FED_BYTES]
        at += len(fed)
        while fed and not member.eof:
            yield member.decompress(fed, _PIECE_BYTES)
            fed = member.unconsumed_tail
        if member.eof:
            at -= len(member.unused_data)
            if raw[at : at + len(_GZIP_MEMBER)] != _GZIP_MEMBER:
                return
            member = zlib.decompressobj(wbits=31)
    while piece := member.decompress(b"", _PIECE_BYTES):
        yield piece
    if not member.eof:
        raise EOFError("gzip ends too early")


def _lz4(raw: memoryview) -> Iterator[bytes]:
    frame = LZ4FrameDecompressor()
    for at in range(0, len(raw), _FED_BYTES):
        yield frame.decompress(raw[at : at + _FED_BYTES], _PIECE_BYTES)
        while not (frame.eof or frame.needs_input):
            yield frame.decompress(b"", _PIECE_BYTES)
        if frame.eof:
            return
    raise EOFError("lz4 ends too early")


def _zstd(raw: memoryview) -> Iterator[bytes]:
    with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as reader:
        while piece := reader.read(_PIECE_BYTES):
            yield piece


def _snappy(raw: memoryview) -> Iterator[bytes]:
    if raw[: len(_XERIAL)] != _XERIAL:
        yield _block(raw)
        return
    at = _XERIAL_BYTES
    while at < len(raw):
        (size,) = _INT32.unpack_from(raw, at)
        begins, at = at + _INT32.size, at + _INT32.size + size
        if not begins <= at <= len(raw):
            raise EOFError("snappy ends too early")
        yield _block(raw[begins:at])


def _block(raw: memoryview) -> bytes:
    claimed = cramjam.snappy.decompress_raw_len(raw)
    if claimed > _SNAPPY_RATIO * len(raw):
        raise EOFError(f"a block of {len(raw)} bytes claims to be {claimed}")
    return bytes(cramjam.snappy.decompress_raw(raw))


_EXPAND: Mapping[int, Callable[[memoryview], Iterator[bytes | memoryview]]] = {
    _NONE: _plain,
    _GZIP: _gzip,
    _SNAPPY: _snappy,
    _LZ4: _lz4,
    _ZSTD: _zstd,
}
#: The compressions that are known here, by their numbers in a batch.
CODECS = _EXPAND.keys()


class Stream:
    """Pieces, one behind the other. at: how many bytes were taken or passed over.

    Raises Damaged where they end too early.
    """

    def __init__(self, pieces: Iterator[bytes | memoryview]) -> None:
        self.at = 0
        self._pieces = pieces
        self._held: bytes | memoryview = b""
        self._held_from = 0

    @property
    def had(self) -> int:
        """How many bytes were expanded so far."""
        return self._held_from + len(self._held)

    def take(self, size: int) -> bytes:
        """The next bytes."""
        found = bytearray()
        while len(found) < size:
            if self.at >= self.had:
                self._next_piece()
                continue
            begins = self.at - self._held_from
            part = self._held[begins : begins + size - len(found)]
            found += part
            self.at += len(part)
        return bytes(found)

    def number(self) -> int:
        """The next bytes as a variable-length zigzag number."""
        bits = 0
        for place in range(_LONGEST_NUMBER):
            (byte,) = self.take(1)
            bits |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                return (bits >> 1) ^ -(bits & 1)
        raise Damaged("a number is longer than ten bytes")

    def skip(self, size: int) -> None:
        """Pass over bytes, which are expanded when something behind them is taken."""
        if size < 0:
            raise Damaged("a record is shorter than what is in it")
        self.at += size

    def _next_piece(self) -> None:
        piece = next(self._pieces, None)
        if piece is None:
            raise Damaged("it ends too early")
        self._held_from, self._held = self.had, piece


class Batch:
    """A record batch of format 2, whose records are read one by one.

    raw: its bytes. limit: of key and value together; more is not read.
    """

    def __init__(self, raw: memoryview, limit: int) -> None:
        header = np.frombuffer(raw, HEADER, 1)[0]
        self._base_offset, self._count = int(header["base_offset"]), int(header["count"])
        self._first_timestamp = int(header["first_timestamp"])
        self._max_timestamp = int(header["max_timestamp"])
        self._stamped = int(header["attributes"] & LOG_APPEND_TIME != 0)
        self._limit = limit
        self._stream = Stream(expand(int(header["attributes"]) & CODEC, raw[HEADER.itemsize :]))

    @property
    def had(self) -> int:
        """How many bytes were expanded so far."""
        return self._stream.had

    def __iter__(self) -> Iterator[Record]:
        """Raises Damaged."""
        return (self._record() for _ in range(self._count))

    def _record(self) -> Record:
        stream = self._stream
        length = stream.number()
        ends = stream.at + length
        stream.number()  # attributes
        timestamp = self._first_timestamp + stream.number()
        offset = self._base_offset + stream.number()
        stamped = self._stamped
        key_size, key = self._field(self._limit)
        value_size, value = self._field(self._limit - max(key_size, 0))
        record = Record(offset, self._max_timestamp if stamped else timestamp, stamped, key, value)
        stream.skip(ends - stream.at)
        return cut(record, max(key_size, 0), max(value_size, 0), self._limit)

    def _field(self, limit: int) -> tuple[int, bytes | None]:
        """Its size, and what is kept of it."""
        size = self._stream.number()
        if size < 0:
            return size, None
        kept = self._stream.take(size if size <= limit else min(size, BEGINNING_BYTES))
        self._stream.skip(size - len(kept))
        return size, kept


def cut(record: Record, key_size: int, value_size: int, limit: int) -> Record:
    """The beginning of a record that is too large, every other as it is. key_size, value_size: of the whole."""
    if key_size + value_size <= limit:
        return record
    detail = (
        f"key and value have {key_size:,} and {value_size:,} bytes, more than the {limit:,} that are read: of each, "
        f"the first {BEGINNING_BYTES:,} bytes are kept at most"
    )
    fault = Fault(Reason.OVERSIZED, detail)
    key = None if record.key is None else record.key[:BEGINNING_BYTES]
    return record._replace(key=key, value=Unread.of(record.value, fault))
