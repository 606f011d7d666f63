"""What is asked for."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schemas.errors import SettingsError

#: What a Date of ClickHouse can hold.
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2149, 6, 6)


class Model(StrEnum):
    """How credit is found."""

    MARKOV = "markov"
    SHAPLEY = "shapley"


class Dimension(StrEnum):
    """What the channels are."""

    NOTE = "note"
    CREATOR = "creator"
    SURFACE = "surface"
    KIND = "kind"


@dataclass(frozen=True, slots=True)
class Question:
    """A run's parameters, which are its name: the next run of the same name replaces it.

    brand: one brand_id; None for each that has orders.
    since, until: days of the payments, and of the touches that led to none, Asia/Shanghai, both included; None for no
        bound.
    lookback_days: how far before a payment a touch counts, in days of 24 hours.

    Raises SettingsError when there is no such day.
    """

    model: Model
    by: Dimension
    brand: str | None
    since: date | None
    until: date | None
    lookback_days: int

    def __post_init__(self) -> None:
        check_days(self.since, self.until)


def check_days(since: date | None, until: date | None) -> None:
    """Raise SettingsError when there is no such day, or none between the two; None is no bound."""
    for option, day in (("--since", since), ("--until", until)):
        if day and not FIRST_DAY <= day <= LAST_DAY:
            raise SettingsError(
                f"{option} {day} is beyond the days that ClickHouse keeps, {FIRST_DAY} to {LAST_DAY}: "
                "give one of these, or leave it out."
            )
    if since and until and since > until:
        raise SettingsError(
            f"--since {since} is after --until {until}: there is no day between them."
        )
