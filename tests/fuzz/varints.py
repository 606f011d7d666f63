"""Avro's numbers in every way that they can be written, also wrongly."""

from random import Random

#: Ten bytes: the ends of the range, and numbers whose last byte holds bits that do not fit.
TEN_BYTES = (
    b"\xff" * 9 + b"\x01",
    b"\xfe" + b"\xff" * 8 + b"\x01",
    b"\x80" * 9 + b"\x00",
    b"\x80" * 9 + b"\x01",
    b"\x80" * 9 + b"\x02",
    b"\xff" * 9 + b"\x03",
    b"\xff" * 9 + b"\x7f",
    b"\x82" + b"\x80" * 8 + b"\x02",
    b"\xff" * 10,
    b"\xff" * 10 + b"\x01",
)

#: Beyond what a length, an int or a long can be, or just within.
FAR = [
    sign * (2**bits + by) for bits in (31, 32, 40, 62, 63) for by in (-1, 0, 1) for sign in (1, -1)
]


def zigzag(value: int) -> bytes:
    """The shortest encoding; of a number beyond 64 bits, what it would be if there were more."""
    rest = 2 * value if value >= 0 else -2 * value - 1
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*out, rest])


def value(encoded: bytes) -> int:
    """What an encoding means."""
    rest = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(encoded))
    return (rest >> 1) ^ -(rest & 1)


def longer(encoded: bytes, by: int) -> bytes:
    """The same number in more bytes."""
    return encoded[:-1] + bytes([encoded[-1] | 0x80]) + b"\x80" * (by - 1) + b"\x00"


def far(rng: Random) -> bytes:
    return rng.choice([zigzag(rng.choice(FAR)), rng.choice(TEN_BYTES)])
