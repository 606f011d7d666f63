"""When events arrive: at once, out of order, too late, twice, or broken."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from .draws import Draws, Floats, Ints
from .traffic import Traffic

#: The ways in which junk breaks a rule; 0 is an event as it should be.
FLAWS: Final = ("", "empty_id", "long_id", "bad_amount", "future")

#: How far in the future, after their own timestamp, events with the flaw "future" claim to be.
FUTURE_MS: Final = 30 * HOUR_MS

#: Together, no more than the allowed lateness.
_LONGEST_OUT_OF_ORDER_MS: Final = 2 * DAY_MS
_LONGEST_REDELIVERY_MS: Final = 12 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Arrivals:
    """In order of arrival: which event, when (ms), and its flaw as an index into FLAWS."""

    event: Ints
    at: Ints
    flaw: Ints


def schedule(draws: Draws, occurred_at: Ints, traffic: Traffic) -> Arrivals:
    """Decide when each event arrives, which arrive again, and which come as junk too.

    occurred_at: of all distinct events, in ms; an event's number is its index here.
    """
    count = len(occurred_at)
    first = occurred_at + _delays(draws, occurred_at, traffic)
    again = draws.sample(np.ones(count), round(count * traffic.duplicate_share))
    wait = draws.log_normal(3 * MINUTE_MS, 1.5, len(again))
    second = first[again] + np.clip(wait, 50, _LONGEST_REDELIVERY_MS).astype(np.int64)

    broken = draws.sample(np.ones(count), round(count * traffic.junk_share))
    flaw = 1 + draws.below(len(FLAWS) - 1, len(broken))
    future = flaw == FLAWS.index("future")
    junk = np.where(future, occurred_at[broken] - FUTURE_MS, first[broken])

    event = np.concatenate([np.arange(count), again, broken])
    at = np.concatenate([first, second, junk])
    flaws = np.concatenate([np.zeros(count + len(again), dtype=np.int64), flaw])
    order = np.argsort(at, kind="stable")
    return Arrivals(event[order], at[order], flaws[order])


def _delays(draws: Draws, occurred_at: Ints, traffic: Traffic) -> Ints:
    """From occurring to arriving, in ms: seconds, but for the out of order and the late."""
    count = len(occurred_at)
    delay: Floats = np.clip(draws.log_normal(1.2 * SECOND_MS, 0.8, count), 20, MINUTE_MS)
    late_by = traffic.late_days * DAY_MS * (1 + draws.uniform(count))
    # Only what arrives before the end can be seen to be late: afterwards, no time passes.
    can_be_late = (occurred_at + late_by < traffic.end_ms).astype(np.float64)
    late = draws.sample(can_be_late, round(count * traffic.late_share))
    others = np.ones(count)
    others[late] = 0.0
    straggling = draws.sample(others, round(count * traffic.out_of_order_share))
    straggle = draws.log_normal(25 * MINUTE_MS, 1.3, len(straggling))
    delay[straggling] = np.clip(straggle, MINUTE_MS, _LONGEST_OUT_OF_ORDER_MS)
    delay[late] = late_by[late]
    return delay.astype(np.int64)
