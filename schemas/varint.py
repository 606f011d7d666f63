"""Avro's variable-length zigzag numbers."""

import numpy as np
from numpy.typing import NDArray

Int64Array = NDArray[np.int64]

#: Largest magnitudes (in the sense of n XOR its sign) of 1, 2, ... 9 bytes, plus one.
_STEPS = np.array([1 << (7 * size - 1) for size in range(1, 10)], dtype=np.int64)


def encode_long(value: int) -> bytes:
    """The shortest encoding of a 64-bit number: 1 to 10 bytes."""
    rest = (value << 1) ^ (value >> 63)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def encoded_size(value: int) -> int:
    """Size in bytes of the shortest encoding of a number."""
    return max((((value << 1) ^ (value >> 63)).bit_length() + 6) // 7, 1)


def encoded_sizes(values: Int64Array) -> Int64Array:
    """Size in bytes of the shortest encoding of each number (int64 in, int64 out)."""
    sizes: Int64Array = np.searchsorted(_STEPS, values ^ (values >> 63), side="right")
    return sizes + 1
