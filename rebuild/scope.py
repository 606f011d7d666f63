"""What is to be joined anew, and the times whose facts are needed for it."""

from dataclasses import dataclass
from datetime import date, timedelta

from streams.timeunits import DAY_MS, day_start_ms

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


@dataclass(frozen=True, slots=True)
class Days:
    """The days of facts, first and last, whose rows are made anew. lookback_days: of paths and journeys."""

    since: date
    until: date
    lookback_days: int

    @property
    def first_paid(self) -> int:
        """From when on orders are made anew, ms: their windows are read whole."""
        return day_start_ms((self.since - _EPOCH).days)

    @property
    def first_entry(self) -> int:
        """The first day of journeys, in days since 1970-01-01."""
        return (self.since - _EPOCH).days - self.lookback_days

    @property
    def last_entry(self) -> int:
        """The last day of journeys, in days since 1970-01-01."""
        return (self.until - _EPOCH).days

    @property
    def facts_from(self) -> int:
        """From when on facts are read, ms."""
        return self.first_paid - self.lookback_days * DAY_MS

    @property
    def facts_until(self) -> int:
        """Before when facts are read, ms."""
        return day_start_ms(self.last_entry + 1 + self.lookback_days)

    @property
    def read(self) -> tuple[date, date]:
        """The days of the facts that are read, first and last."""
        around = timedelta(self.lookback_days)
        return self.since - around, self.until + around
