"""What can happen between two neighbours of one writer, such that their sizes still agree in total."""

from collections.abc import Callable
from random import Random

from fuzz import varints
from fuzz.messages import Good

#: (random numbers, a message, the next one of the same writer) → both, damaged
PairMutation = Callable[[Random, Good, Good], tuple[bytes, bytes]]


def _end_moved_on(rng: Random, first: Good, second: Good) -> tuple[bytes, bytes]:
    size = rng.randrange(1, min(len(first.datum), rng.choice([2, 8, 1000])) + 1)
    return first.value[:-size], second.header + first.value[-size:] + second.datum


def _beginning_moved_back(rng: Random, first: Good, second: Good) -> tuple[bytes, bytes]:
    size = rng.randrange(1, min(len(second.datum), rng.choice([2, 8, 1000])) + 1)
    return first.value + second.datum[:size], second.header + second.datum[size:]


def _length_taken_from_the_next(rng: Random, first: Good, second: Good) -> tuple[bytes, bytes]:
    """A text of the first runs into the second, one of which is as much shorter."""
    if not first.layout["length"] or not second.layout["length"]:
        return first.value, second.value
    by = rng.choice([-3, -2, -1, 1, 2, 3])
    last = first.layout["length"][-1]
    return _lengthened(first, last, by), _lengthened(second, second.layout["length"][0], -by)


def _lengthened(good: Good, place: tuple[int, int], by: int) -> bytes:
    start, end = place
    length = varints.value(good.datum[start:end])
    return good.header + good.datum[:start] + varints.zigzag(length + by) + good.datum[end:]


def _byte_lost_and_found(rng: Random, first: Good, second: Good) -> tuple[bytes, bytes]:
    at, there = rng.randrange(len(first.datum)) + 5, rng.randrange(len(second.datum) + 1) + 5
    byte = rng.choice([first.value[at : at + 1], rng.randbytes(1), b"\x00", b"\x80"])
    lost = first.value[:at] + first.value[at + 1 :]
    found = second.value[:there] + byte + second.value[there:]
    return rng.choice([(lost, found), (found, lost)])


def _tails_swapped(rng: Random, first: Good, second: Good) -> tuple[bytes, bytes]:
    at, there = rng.randrange(len(first.datum)) + 5, rng.randrange(len(second.datum)) + 5
    return first.value[:at] + second.value[there:], second.value[:there] + first.value[at:]


#: Name, as it stands in the summary → mutation.
PAIR_MUTATIONS: dict[str, PairMutation] = {
    "end moved to the next": _end_moved_on,
    "beginning moved back": _beginning_moved_back,
    "length taken from the next": _length_taken_from_the_next,
    "byte lost, found by the next": _byte_lost_and_found,
    "tails swapped": _tails_swapped,
}
