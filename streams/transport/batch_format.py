"""How Kafka lays a record batch out, in each format."""

import struct

import numpy as np

_INT32 = struct.Struct(">i")
#: Of all formats: where a batch says how many bytes follow, where these begin, and where it says its format.
_SIZE_AT, _SIZED_AT, FORMAT_AT = 8, 12, 16
#: Format 2, which has this before its records.
FORMAT = 2
HEADER = np.dtype(
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
#: In the attributes, of which the second byte has all that we look at.
CODEC, LOG_APPEND_TIME = 0x07, 0x08
ATTRIBUTES_AT, MAX_TIMESTAMP_AT, COUNT_AT = 22, 35, 57
#: Of older formats: attributes, the timestamp of the second, and where the key begins.
OLD_ATTRIBUTES_AT, OLD_TIMESTAMP_AT, OLD_KEY_AT = 17, 18, (18, 26)


def end_of(raw: bytes | memoryview, begins: int) -> int:
    """Where a record batch of any format ends, by where it begins."""
    size: int = _INT32.unpack_from(raw, begins + _SIZE_AT)[0]
    return begins + _SIZED_AT + size
