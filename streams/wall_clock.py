"""The time of day. It decides one thing alone: what is refused because it lies in the future.

Two clocks must agree to refuse anything: this machine's, and the brokers' as they last told it
(docs/definitions.md §11.2).
"""

import time
from collections.abc import Callable

from streams.timeunits import DAY_MS

#: How far ahead of the wall clock, and of its Kafka timestamp, an event may lie.
FUTURE_MS = DAY_MS
#: Returns ms since the Unix epoch.
NowMs = Callable[[], int]


def machine_ms() -> int:
    """The time of this machine's clock, ms since the Unix epoch."""
    return int(time.time() * 1000)


class WallClock:
    """The later of this machine's clock and the brokers', so that a machine whose clock lags refuses nothing for it."""

    def __init__(self) -> None:
        self._brokers_ahead: float | None = None

    def told(self, brokers_ms: int) -> None:
        """Take note of the brokers' time at this moment, ms since the Unix epoch."""
        self._brokers_ahead = brokers_ms - time.monotonic() * 1000

    def latest_ms(self) -> int:
        """The latest time that an event may have at this moment, ms since the Unix epoch."""
        return self.now_ms() + FUTURE_MS

    def now_ms(self) -> int:
        """The time, ms since the Unix epoch."""
        ahead, here = self._brokers_ahead, machine_ms()
        return here if ahead is None else max(here, int(ahead + time.monotonic() * 1000))
