"""What was measured at a rate with a profile, and what is aimed at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np

from bench.latency.prober import Shown
from bench.targets import Target

#: With this profile, at this rate, 99 of 100 rows are to be there after so long, s.
TARGET_PROFILE: Final = "fresh"
TARGET_RATE: Final = 20_000
TARGET_P99_S: Final = 2.0
#: A worker falls behind if its latency grows by more than this part of the time that passes, and by more than that, s.
BEHIND_SHARE: Final = 0.02
BEHIND_AT_LEAST_S: Final = 1.0
#: Or if half of the rows take longer than no settings ask for, s: it fell behind before, and has not caught up.
BEHIND_S: Final = 10.0
#: The rate is held if 99 of 100 events are handed to the producer no later than that, s, and the broker has them then.
ON_TIME_S: Final = 0.1
ACKNOWLEDGED_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Late:
    """How long after their planned times events were handed to the producer, or the broker had them, s."""

    p50_s: float
    p99_s: float
    max_s: float


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of latencies, s. rows: of how many."""

    rows: int
    p50_s: float
    p99_s: float
    max_s: float

    @classmethod
    def of(cls, shown: Sequence[Shown]) -> "Percentiles":
        """Of all that have come, at least one."""
        latencies = [one.latency_s for one in shown]
        p50, p99, most = np.percentile(latencies, [50, 99, 100], method="inverted_cdf").tolist()
        return cls(len(latencies), p50, p99, most)


@dataclass(frozen=True, slots=True)
class Measured:
    """rate: events per second. events: all of them, those of the warm-up too.

    late: when events were handed to the producer. acknowledged: when the broker had them. Both after the warm-up.
    touches, conversions: rows that came of events after the warm-up. resolution_s: by so much they may seem late.
    cpu_s: of the worker, from when the load began until all rows were there. memory_bytes: the most that was resident.
    """

    profile: str
    rate: int
    events: int
    touches: Sequence[Shown]
    conversions: Sequence[Shown]
    late: Late
    acknowledged: Late
    resolution_s: float
    cpu_s: float
    memory_bytes: int

    @property
    def all(self) -> Percentiles:
        """Of rows of both kinds."""
        return Percentiles.of([*self.touches, *self.conversions])

    @property
    def cpu_us(self) -> float:
        """What an event costs, µs of processor time."""
        return self.cpu_s / self.events * 1e6

    @property
    def held(self) -> bool:
        """Were events published at the rate?"""
        return self.late.p99_s <= ON_TIME_S and self.acknowledged.p99_s <= ACKNOWLEDGED_S

    @property
    def falls_behind(self) -> bool:
        """Is less processed than published, or was it during the warm-up?"""
        grown_s, passed_s = growth([*self.touches, *self.conversions])
        grows = grown_s > max(BEHIND_SHARE * passed_s, BEHIND_AT_LEAST_S)
        return grows or self.all.p50_s > BEHIND_S


def growth(shown: Sequence[Shown]) -> tuple[float, float]:
    """By how much latency grows from the first quarter of the time to the last, medians, and what passes between, s."""
    times = [one.planned_s for one in shown]
    first, last = min(times), max(times)
    quarter = (last - first) / 4
    early = [one.latency_s for one in shown if one.planned_s <= first + quarter]
    late = [one.latency_s for one in shown if one.planned_s >= last - quarter]
    return median(late) - median(early), 3 * quarter


def targets(found: Sequence[Measured]) -> Iterator[Target]:
    """Those that can be judged."""
    for one in found:
        if (one.profile, one.rate) == (TARGET_PROFILE, TARGET_RATE):
            p99_s = one.all.p99_s
            behind = ", and the worker falls behind" if one.falls_behind else ""
            late = "" if one.held else ", and events were not published at that rate"
            yield Target(
                f"99 of 100 rows there after {p99_s:.2f} s at {one.rate:,} events/s, settings {one.profile}"
                f"{behind}{late}; at most {TARGET_P99_S:g} s wanted",
                p99_s <= TARGET_P99_S and not behind and not late,
            )
