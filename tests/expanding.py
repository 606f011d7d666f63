"""Record batches that expand to much, made without holding what they expand to."""

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence

from aiokafka.record.util import calc_crc32c
from lz4.frame import LZ4FrameCompressor
from zstandard import ZstdCompressor

from schemas.varint import encode_long

TIME = 1_760_000_000_000
NONE, GZIP, SNAPPY, LZ4, ZSTD = CODECS = range(5)
_HEADER_BYTES = 61
_CRC_AT, _ATTRIBUTES_AT = 17, 21

#: A key or a value; a number is so many zeros.
Field = bytes | int


def with_right_crc(made: bytearray) -> bytes:
    """A record batch that was changed."""
    struct.pack_into(">I", made, _CRC_AT, calc_crc32c(bytes(made[_ATTRIBUTES_AT:])))
    return bytes(made)


def expanding(records: Sequence[tuple[Field, Field]], codec: int, time: int = TIME) -> bytes:
    """A record batch of keys and values."""
    encoder = _ENCODERS[codec]()
    body = b"".join(encoder(piece) for piece in _pieces(records)) + encoder(None)
    sizes = len(body) + _HEADER_BYTES - 12, len(records) - 1
    made = bytearray(_HEADER_BYTES)
    fields = (0, sizes[0], 0, 2, 0, codec, sizes[1], time, time, -1, -1, -1, len(records))
    struct.pack_into(">qiibIhiqqqhii", made, 0, *fields)
    return with_right_crc(made + body)


def _pieces(records: Sequence[tuple[Field, Field]]) -> Iterator[bytes]:
    for number, fields in enumerate(records):
        head = b"\x00\x00" + encode_long(number)
        sizes = [field if isinstance(field, int) else len(field) for field in fields]
        yield encode_long(len(head) + sum(len(encode_long(n)) + n for n in sizes) + 1)
        yield head
        for field, size in zip(fields, sizes, strict=True):
            yield encode_long(size)
            if isinstance(field, bytes):
                yield field
            else:
                yield from (bytes(min(1 << 20, size - at)) for at in range(0, size, 1 << 20))
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
