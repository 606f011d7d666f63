"""What can happen to one message. Each mutation leaves the message as it is where it does not apply."""

from collections.abc import Callable
from random import Random

from fuzz import varints
from fuzz.contracts import REGISTRY
from fuzz.messages import Good

#: (random numbers, the message, another one of any topic) → the damaged message
Mutation = Callable[[Random, Good, Good], bytes | None]

_BYTES = b"\x00\x01\x02\x03\x04\x7f\x80\xfe\xff"
_NO_UTF8 = (b"\xff", b"\xc0\x80", b"\xe7\xac", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80")
_MEBIBYTE = 1 << 20


def _some(rng: Random) -> bytes:
    return rng.choice([rng.randbytes(rng.randrange(1, 5)), bytes([rng.choice(_BYTES)])])


def _place(rng: Random, good: Good, *kinds: str) -> tuple[int, int]:
    """Where one part of these kinds stands in the message; (0, 0) if it has none."""
    places = [place for kind in kinds for place in good.layout.get(kind, ())]
    start, end = rng.choice(places) if places else (-5, -5)
    return start + 5, end + 5


def _with(good: Good, place: tuple[int, int], part: bytes) -> bytes:
    start, end = place
    return good.value[:start] + part + good.value[end:] if end else good.value


def _part(good: Good, place: tuple[int, int]) -> bytes:
    return good.value[slice(*place)]


def _bits_flipped(rng: Random, good: Good, other: Good) -> bytes:
    out = bytearray(good.value)
    for _ in range(rng.randrange(1, 4)):
        # The header is short: it shall not be hit more often than the rest.
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def _byte_replaced(rng: Random, good: Good, other: Good) -> bytes:
    at = rng.randrange(5, len(good.value))
    return _with(good, (at, at + 1), bytes([rng.choice([*_BYTES, rng.randrange(256)])]))


def _bytes_inserted(rng: Random, good: Good, other: Good) -> bytes:
    at = rng.randrange(5, len(good.value) + 1)
    return _with(good, (at, at), _some(rng))


def _bytes_deleted(rng: Random, good: Good, other: Good) -> bytes:
    at = rng.randrange(5, len(good.value))
    return _with(good, (at, at + rng.randrange(1, 5)), b"")


def _truncated(rng: Random, good: Good, other: Good) -> bytes:
    return good.value[: rng.randrange(len(good.value))]


def _bytes_appended(rng: Random, good: Good, other: Good) -> bytes:
    return good.value + _some(rng)


def _spliced(rng: Random, good: Good, other: Good) -> bytes:
    return (
        good.value[: rng.randrange(5, len(good.value))]
        + other.value[rng.randrange(len(other.value)) :]
    )


def _two_messages_in_one(rng: Random, good: Good, other: Good) -> bytes:
    return good.value + rng.choice([other.value, other.datum, good.datum])


def _length_changed(rng: Random, good: Good, other: Good) -> bytes:
    place = _place(rng, good, "length")
    by = rng.choice([-64, -2, -1, 1, 2, 64])
    return _with(good, place, varints.zigzag(varints.value(_part(good, place)) + by))


def _length_changed_with_text(rng: Random, good: Good, other: Good) -> bytes:
    """The length is right for another text, so all else stays in its place."""
    lengths, texts = good.layout.get("length"), good.layout.get("text")
    if not lengths or not texts or len(lengths) != len(texts):
        return good.value
    at = rng.randrange(len(texts))
    start, end = lengths[at][0] + 5, texts[at][1] + 5
    text = _part(good, (texts[at][0] + 5, end))
    text = rng.choice([text + _some(rng), text[:-1], b"", text * 2])
    length = varints.zigzag(len(text))
    return _with(good, (start, end), rng.choice([length, varints.longer(length, 1)]) + text)


def _lengths_compensated(rng: Random, good: Good, other: Good) -> bytes:
    """One text takes bytes of what follows it, another gives as many back."""
    lengths = good.layout.get("length", [])
    if len(lengths) < 2:
        return good.value
    first, second = sorted(rng.sample(lengths, 2), reverse=True)
    by = rng.choice([-2, -1, 1, 2, 3])
    out = good.datum
    for (start, end), change in ((first, by), (second, -by)):
        out = out[:start] + varints.zigzag(varints.value(out[start:end]) + change) + out[end:]
    return good.header + out


def _length_far_off(rng: Random, good: Good, other: Good) -> bytes:
    return _with(good, _place(rng, good, "length"), varints.far(rng))


def _length_negative(rng: Random, good: Good, other: Good) -> bytes:
    return _with(good, _place(rng, good, "length"), varints.zigzag(rng.randrange(-130, 0)))


def _number_far_off(rng: Random, good: Good, other: Good) -> bytes:
    return _with(good, _place(rng, good, "number"), varints.far(rng))


def _number_overlong(rng: Random, good: Good, other: Good) -> bytes:
    place = _place(rng, good, "number", "length", "enum")
    return (
        _with(good, place, varints.longer(_part(good, place), rng.randrange(1, 12)))
        if place[1]
        else good.value
    )


def _overlong_and_shorter(rng: Random, good: Good, other: Good) -> bytes:
    """A number takes more bytes than it needs, and a text as many fewer: the size stays."""
    number, text = _place(rng, good, "number", "enum", "union"), _place(rng, good, "text")
    by = rng.randrange(1, 4)
    if not number[1] or text[1] - text[0] < by:
        return good.value
    out = bytearray(good.value)
    for start, end in sorted([number, text], reverse=True):
        old = good.value[start:end]
        out[start:end] = varints.longer(old, by) if (start, end) == number else old[by:]
    return bytes(out)


def _enum_out_of_range(rng: Random, good: Good, other: Good) -> bytes:
    index = rng.choice([-1, -2, 1, 2, 3, 4, 5, 6, 63, 64, 2**31, *varints.FAR])
    return _with(good, _place(rng, good, "enum"), varints.zigzag(index))


def _branch_changed(rng: Random, good: Good, other: Good) -> bytes:
    branch = rng.choice([b"\x00", b"\x01", b"\x02", b"\x03", b"\x04", b"\x05", varints.far(rng)])
    return _with(good, _place(rng, good, "union"), branch)


def _branch_overlong(rng: Random, good: Good, other: Good) -> bytes:
    place = _place(rng, good, "union")
    return (
        _with(good, place, varints.longer(_part(good, place), rng.randrange(1, 11)))
        if place[1]
        else good.value
    )


def _boolean_beyond_one(rng: Random, good: Good, other: Good) -> bytes:
    return _with(good, _place(rng, good, "boolean"), bytes([rng.choice([2, 3, 127, 128, 255])]))


def _no_utf8(rng: Random, good: Good, other: Good) -> bytes:
    start, end = _place(rng, good, "text")
    bad = rng.choice(_NO_UTF8)
    if end - start < len(bad):
        return good.value
    at = rng.randrange(start, end - len(bad) + 1)
    return _with(good, (at, at + len(bad)), bad)


def _wrong_magic(rng: Random, good: Good, other: Good) -> bytes:
    return bytes([rng.randrange(1, 256)]) + good.value[1:]


def _foreign_schema(rng: Random, good: Good, other: Good) -> bytes:
    same_topic = rng.choice(REGISTRY.versions(good.writer.topic)).schema_id
    schema_id = rng.choice([same_topic, other.writer.schema_id, rng.randrange(1200), 0, 2**32 - 1])
    return b"\x00" + schema_id.to_bytes(4, "big") + good.datum


def _junk(rng: Random, good: Good, other: Good) -> bytes:
    size = _MEBIBYTE if rng.random() < 0.002 else rng.randrange(200)
    return good.header + rng.choice([rng.randbytes(size), bytes([rng.choice(_BYTES)]) * size])


def _large_text(rng: Random, good: Good, other: Good) -> bytes:
    """A good length of a mebibyte, and nearly as much text."""
    if rng.random() > 0.01:
        return good.value
    size = _MEBIBYTE + rng.choice([-1, 0, 0, 1])
    return _with(good, _place(rng, good, "length"), varints.zigzag(_MEBIBYTE) + b"x" * size)


def _two_at_once(rng: Random, good: Good, other: Good) -> bytes:
    once = _bits_flipped(rng, good, other)
    return rng.choice([_bytes_inserted, _bytes_deleted, _truncated])(
        rng, Good(good.writer, once, good.outcome), other
    )


#: Name, as it stands in the summary → mutation.
MUTATIONS: dict[str, Mutation] = {
    "bits flipped": _bits_flipped,
    "byte replaced": _byte_replaced,
    "bytes inserted": _bytes_inserted,
    "bytes deleted": _bytes_deleted,
    "truncated": _truncated,
    "bytes appended": _bytes_appended,
    "spliced with another": _spliced,
    "two messages in one": _two_messages_in_one,
    "length changed": _length_changed,
    "length and text changed": _length_changed_with_text,
    "lengths compensated": _lengths_compensated,
    "length far off": _length_far_off,
    "length negative": _length_negative,
    "number far off": _number_far_off,
    "number overlong": _number_overlong,
    "overlong, text shorter": _overlong_and_shorter,
    "enum out of range": _enum_out_of_range,
    "branch changed": _branch_changed,
    "branch overlong": _branch_overlong,
    "boolean beyond one": _boolean_beyond_one,
    "no UTF-8": _no_utf8,
    "wrong magic": _wrong_magic,
    "foreign schema": _foreign_schema,
    "junk": _junk,
    "large text": _large_text,
    "null": lambda rng, good, other: None,
    "empty": lambda rng, good, other: b"",
    "two at once": _two_at_once,
}
