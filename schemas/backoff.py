"""How long to wait between attempts at something that will work again by itself."""

import random
from collections.abc import Iterator


def growing_waits(first_s: float, max_s: float) -> Iterator[float]:
    """Waits in seconds, without end: each twice as long as the one before, up to max_s.

    Every wait is shortened at random by up to half, so that processes which failed together do not
    come back together.
    """
    longest = first_s
    while True:
        yield longest * random.uniform(0.5, 1.0)
        longest = min(2 * longest, max_s)
