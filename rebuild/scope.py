"""What is to be joined anew, and the times whose facts are needed for it."""

from dataclasses import dataclass
from datetime import date

from streams.timeunits import DAY_MS, EARLIEST_MS, LATEST_MS, day_start_ms

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked for. Whatever the facts of these days can change is made anew.

    brand: all, when None. since, until: first and last day, Asia/Shanghai; as far as there are facts, when None.
    late: only users who have facts there that came too late. uncovered: which no rebuild has covered.
    """

    brand: str | None = None
    since: date | None = None
    until: date | None = None
    late: bool = False
    uncovered: bool = True

    @property
    def times(self) -> tuple[int, int]:
        """From when on and before when the facts lie, ms."""
        since = day_start_ms(_day(self.since)) if self.since else EARLIEST_MS
        until = day_start_ms(_day(self.until) + 1) if self.until else LATEST_MS
        return max(since, EARLIEST_MS), min(until, LATEST_MS)


@dataclass(frozen=True, slots=True)
class Days:
    """The days of facts, first and last, whose rows are made anew. lookback_days: of paths and journeys."""

    since: date
    until: date
    lookback_days: int

    @property
    def first_paid(self) -> int:
        """From when on orders are made anew, ms: their windows are read whole."""
        return day_start_ms(_day(self.since))

    @property
    def first_entry(self) -> int:
        """The first day of journeys, in days since 1970-01-01."""
        return _day(self.since) - self.lookback_days

    @property
    def last_entry(self) -> int:
        """The last day of journeys, in days since 1970-01-01."""
        return _day(self.until)

    @property
    def facts_from(self) -> int:
        """From when on facts are read, ms."""
        return self.first_paid - self.lookback_days * DAY_MS

    @property
    def facts_until(self) -> int:
        """Before when facts are read, ms."""
        return day_start_ms(self.last_entry + 1 + self.lookback_days)


def _day(day: date) -> int:
    """In days since 1970-01-01."""
    return (day - _EPOCH).days
