"""When people are awake: a clock that runs with their activity instead of with time."""

from datetime import timedelta, timezone
from typing import Final

import numpy as np

from .draws import Floats, Ints

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
SHANGHAI_OFFSET_MS: Final = 8 * HOUR_MS

#: Notes published this long before the span still get views in it.
BEFORE_MS: Final = 30 * DAY_MS

#: Activity by hour of the day in Asia/Shanghai: a peak at lunch, a higher one in the evening.
HOURS: Final = np.array(
    [
        *(0.55, 0.32, 0.18, 0.10, 0.07, 0.08, 0.18, 0.45, 0.75, 0.90, 1.00, 1.15),
        *(1.65, 1.45, 1.05, 1.00, 1.00, 1.10, 1.25, 1.50, 1.95, 2.20, 2.05, 1.30),
    ]
)

#: Activity by day of the week, from Monday.
WEEKDAYS: Final = np.array([1.0, 0.97, 0.97, 0.98, 1.05, 1.18, 1.15])

#: The Unix epoch was a Thursday.
_EPOCH_WEEKDAY: Final = 3


class ActivityClock:
    """Converts between time and activity, which grows fast in the evening and hardly at night.

    A delay added in activity ends at a believable hour: somebody who hesitates for "two hours"
    from midnight buys in the morning. The conversion is monotone, so causes stay before effects.
    One unit of activity is a millisecond of an average week.
    """

    def __init__(self, start_ms: int, end_ms: int) -> None:
        """Cover [start_ms - 30 days, end_ms]; times are ms since the Unix epoch, UTC."""
        self.start_ms = start_ms
        self.end_ms = end_ms
        self._origin = (start_ms - BEFORE_MS) // HOUR_MS * HOUR_MS
        hours = -(-(end_ms - self._origin) // HOUR_MS)
        local = (self._origin + SHANGHAI_OFFSET_MS) // HOUR_MS + np.arange(hours)
        rate = HOURS[local % 24] * WEEKDAYS[(local // 24 + _EPOCH_WEEKDAY) % 7]
        rate /= HOURS.mean() * WEEKDAYS.mean()
        self._time: Floats = np.arange(hours + 1, dtype=np.float64) * HOUR_MS
        self._activity: Floats = np.concatenate([np.zeros(1), np.cumsum(rate)]) * HOUR_MS
        self.start_activity = float(self.activity(np.array([start_ms]))[0])
        self.end_activity = float(self.activity(np.array([end_ms]))[0])

    def activity(self, at: Ints) -> Floats:
        """Activity up to the times `at` (ms)."""
        return np.interp(at - self._origin, self._time, self._activity)

    def time(self, activity: Floats) -> Ints:
        """The times (ms, whole) at which that much activity has passed."""
        ms = np.interp(activity, self._activity, self._time)
        return np.floor(ms).astype(np.int64) + self._origin

    def later(self, at: Ints, delay: Floats) -> Ints:
        """Times that lie `delay` of activity, and at least 1 ms, after `at`.

        What falls behind the end of the span comes out at or after `end_ms`.
        """
        activity = self.activity(at) + delay
        return np.where(
            activity >= self.end_activity, self.end_ms, np.maximum(self.time(activity), at + 1)
        )

    @property
    def stretch(self) -> float:
        """Factor for delays of days: below 1 in a span of less than 30 days."""
        return min(1.0, (self.end_ms - self.start_ms) / (30 * DAY_MS))
