"""Compressed frames of the native protocol: checksum, method, two sizes, data.

A frame is 16 bytes CityHash128 of the rest, a method byte, the size of the frame without the checksum, the size of the
data (both UInt32, little-endian), and the compressed data.
"""

import struct

from sinks.embedded.errors import QueryError
from sinks.embedded.wire import MAX_BLOCK_BYTES, ByteReader

_LZ4, _NONE = 0x82, 0x02
_HEADER_BYTES = 9
_FRAME_BYTES = 1 << 20  # what one frame carries, as on a server
_MAX_LZ4_RATIO = 255

_TOO_LARGE_SIZE_COMPRESSED = 39
_CHECKSUM_DOES_NOT_MATCH = 40
_UNKNOWN_COMPRESSION_METHOD = 89
_CANNOT_DECOMPRESS = 271


def read_frame(reader: ByteReader) -> bytes:
    """Read and unpack one frame. Raises QueryError when it is damaged, too large or of another method than LZ4."""
    checksum = reader.raw(16)
    header = reader.raw(_HEADER_BYTES)
    method, size, size_unpacked = struct.unpack("<BII", header)
    if method not in (_LZ4, _NONE):
        raise QueryError(
            _UNKNOWN_COMPRESSION_METHOD,
            f"Unknown compression method {method:#x}: the embedded server speaks LZ4",
        )
    if not _HEADER_BYTES <= size <= MAX_BLOCK_BYTES or size_unpacked > MAX_BLOCK_BYTES:
        raise QueryError(_TOO_LARGE_SIZE_COMPRESSED, f"Too large frame: {size} bytes")
    packed = reader.raw(size - _HEADER_BYTES)
    if _checksum(header + packed) != checksum:
        raise QueryError(_CHECKSUM_DOES_NOT_MATCH, "Checksum does not match: corrupted data")
    return _unpack(method, packed, size_unpacked)


def write_frames(data: bytes) -> bytes:
    """`data` in as many LZ4 frames as it needs."""
    from lz4 import block

    out = []
    for start in range(0, len(data), _FRAME_BYTES):
        piece = data[start : start + _FRAME_BYTES]
        packed = block.compress(piece, store_size=False)
        frame = struct.pack("<BII", _LZ4, _HEADER_BYTES + len(packed), len(piece)) + packed
        out += [_checksum(frame), frame]
    return b"".join(out)


def _unpack(method: int, packed: bytes, size: int) -> bytes:
    if method == _NONE:
        return packed
    from lz4 import block

    # LZ4 reserves the size that it is told, so a size that LZ4 cannot reach is refused first.
    if size > _MAX_LZ4_RATIO * len(packed):
        raise QueryError(_CANNOT_DECOMPRESS, "Cannot decompress: impossible size")
    try:
        return bytes(block.decompress(packed, uncompressed_size=size))
    except block.LZ4BlockError as error:
        raise QueryError(_CANNOT_DECOMPRESS, f"Cannot decompress: {error}") from error


def _checksum(data: bytes) -> bytes:
    from clickhouse_cityhash.cityhash import (  # type: ignore[import-untyped]
        CityHash128,
    )

    value = int(CityHash128(data))
    return struct.pack("<QQ", value >> 64, value & 0xFFFF_FFFF_FFFF_FFFF)
