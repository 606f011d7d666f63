"""Bytes of the native protocol: a reader over what arrives in pieces, and the encodings of small values."""

import struct
from collections.abc import Callable

from sinks.embedded.errors import QueryError

MAX_STRING_BYTES = 64 << 20
MAX_BLOCK_BYTES = 1 << 30
TOO_LARGE_STRING_SIZE = 131
TOO_LARGE_ARRAY_SIZE = 128


class Disconnected(Exception):
    """The other side closed the connection."""


def no_more(_wanted: int) -> bytes:
    """The source of a reader over bytes that are all there."""
    return b""


class ByteReader:
    """A window over bytes that arrive in pieces; `fill(wanted)` gives the next piece, empty at the end.

    Memory follows the bytes that really arrived, never a length that the other side claims.
    """

    def __init__(
        self, fill: Callable[[int], bytes | memoryview] = no_more, data: bytes = b""
    ) -> None:
        self._fill = fill
        self.data = bytearray(data)
        self.pos = 0

    def ensure(self, end: int) -> None:
        """Wait until the window reaches `end`. Raises Disconnected, or QueryError beyond MAX_BLOCK_BYTES."""
        if end > MAX_BLOCK_BYTES:
            raise QueryError(
                TOO_LARGE_ARRAY_SIZE, f"Too large block: more than {MAX_BLOCK_BYTES} bytes"
            )
        while len(self.data) < end:
            piece = self._fill(end - len(self.data))
            if not piece:
                raise Disconnected
            self.data += piece

    def skip(self, size: int) -> None:
        """Step over `size` bytes. Raises as ensure()."""
        self.ensure(self.pos + size)
        self.pos += size

    def drop(self) -> None:
        """Forget what was read."""
        del self.data[: self.pos]
        self.pos = 0

    def at_end(self) -> bool:
        """Whether everything that has arrived was read."""
        return self.pos == len(self.data)

    def raw(self, size: int) -> bytes:
        """The next `size` bytes. Raises as ensure()."""
        start = self.pos
        self.skip(size)
        return bytes(self.data[start : self.pos])

    def uint8(self) -> int:
        """An unsigned byte."""
        self.skip(1)
        return self.data[self.pos - 1]

    def uint32(self) -> int:
        """A little-endian UInt32."""
        return int.from_bytes(self.raw(4), "little")

    def uint64(self) -> int:
        """A little-endian UInt64."""
        return int.from_bytes(self.raw(8), "little")

    def varint(self) -> int:
        """An unsigned LEB128 integer."""
        value = shift = 0
        while True:
            byte = self.uint8()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or shift > 63:
                return value

    def text(self) -> str:
        """A string with its length before it. Raises QueryError if it is over MAX_STRING_BYTES."""
        size = self.varint()
        if size > MAX_STRING_BYTES:
            raise QueryError(TOO_LARGE_STRING_SIZE, f"Too large string size: {size} bytes")
        return self.raw(size).decode("utf-8", "replace")


def varint(value: int) -> bytes:
    """`value` as unsigned LEB128."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(value: str) -> bytes:
    """`value` in UTF-8 with its length before it."""
    data = value.encode()
    return varint(len(data)) + data


def int32(value: int) -> bytes:
    """`value` as a little-endian Int32."""
    return struct.pack("<i", value)
