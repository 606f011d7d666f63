"""What the generated traffic is made of."""

import math
from dataclasses import dataclass, fields
from datetime import datetime

from schemas.errors import SettingsError

from .clock import DAY_MS, SHANGHAI

#: The first day of the traffic unless told otherwise.
FIRST_DAY = datetime(2025, 6, 1, tzinfo=SHANGHAI)
FIRST_DAY_MS = round(FIRST_DAY.timestamp() * 1000)
_SEEDS_A_DAY = 1_009

MAX_USERS = 100_000_000
MAX_BRANDS = 10_000
MAX_ITEMS_PER_BRAND = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Parameters of the traffic; a share is a fraction between 0 and 1.

    events: how many events to yield, duplicates and junk included; kept to within about 1 %.
    seed: the same seed and start give the same events. Another one gives others of the same users, brands and items:
        with ids of their own of notes, clicks, transactions and orders, so that those of several can be one history.
    start: when the first event can occur; aware. Nothing occurs before it.
    days: length of the span in which events occur; some arrive after it. In a span of less
        than 30 days, delays of days shrink in proportion, so that purchases still fit.
    brands, notes, users, items_per_brand: how many there are. A tenth of the users never look
        at notes and only shop. Raise users and notes along with events: by default there are 15
        events to a user and 250 to a note.

    Of all distinct events (views are what these three leave over):
    save_share: saves and unsaves.
    click_share: clicks.
    order_share: payments and refunds.

    unsave_share: saves that are taken back later.
    organic_share: orders of users who never touched a note of that brand before.
    direct_share: of the other orders, those for the clicked item itself, with its click_id.
    multi_line_share: orders with more than one sub-order.
    deposit_share: sub-orders paid in two parts, deposit and balance.
    refund_share: sub-orders refunded, in full or in part.

    duplicate_share: events delivered a second time, later and unchanged.
    out_of_order_share: events that arrive minutes to hours late, at most two days.
    late_share: events that arrive between `late_days` and twice as many days late. More than the
        allowed lateness of the pipeline (3 days by default) makes them too late for the join.
    junk_share: events that can be decoded and break a rule (an empty id, a negative amount, a
        time in the future); they come on top of the valid ones and count as events.

    Raises SettingsError when a parameter breaks its rule.
    """

    events: int = 300_000
    seed: int = 1
    start: datetime = FIRST_DAY
    days: int = 45
    brands: int = 12
    notes: int = 1_200
    users: int = 20_000
    items_per_brand: int = 25

    save_share: float = 0.03
    click_share: float = 0.015
    order_share: float = 0.005

    unsave_share: float = 0.06
    organic_share: float = 0.3
    direct_share: float = 0.55
    multi_line_share: float = 0.12
    deposit_share: float = 0.06
    refund_share: float = 0.12

    duplicate_share: float = 0.01
    out_of_order_share: float = 0.02
    late_share: float = 0.001
    late_days: int = 4
    junk_share: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name.endswith("_share"):
                _check_share(field.name, getattr(self, field.name))
        self._check_counts()
        self._check_relations()
        self._check_start()

    @property
    def start_ms(self) -> int:
        """Start of the span, in ms since the Unix epoch, UTC."""
        return round(self.start.timestamp() * 1000)

    @property
    def end_ms(self) -> int:
        """End of the span, exclusive, in ms since the Unix epoch, UTC."""
        return self.start_ms + self.days * DAY_MS

    @property
    def ids(self) -> int:
        """The number of the ids: another for each seed and each day to start on, for a time belongs to an id."""
        return self.seed + _SEEDS_A_DAY * ((self.start_ms - FIRST_DAY_MS) // DAY_MS)

    @property
    def touching_users(self) -> int:
        """How many users look at notes; the others, with the highest numbers, only shop."""
        return self.users - max(1, self.users // 10)

    @property
    def distinct_events(self) -> int:
        """How many events there are before any is delivered twice, without junk."""
        return round(self.events / (1 + self.duplicate_share + self.junk_share))

    def _check_counts(self) -> None:
        _check_count("events", self.events, 1, 1_000_000_000, "there would be nothing to yield")
        _check_count("seed", self.seed, 0, 2**63 - 1, "it could not seed the random numbers")
        _check_count("days", self.days, 1, 3_650, "there would be no time for events to occur in")
        _check_count("brands", self.brands, 1, MAX_BRANDS, "notes would belong to nobody")
        _check_count("notes", self.notes, 1, 100_000_000, "there would be nothing to view")
        _check_count("users", self.users, 2, MAX_USERS, "one must view notes and one only shop")
        _check_count(
            "items_per_brand",
            self.items_per_brand,
            2,
            MAX_ITEMS_PER_BRAND,
            "every order would be for the clicked item",
        )
        _check_count("late_days", self.late_days, 1, 3_650, "late events would not be late")

    def _check_relations(self) -> None:
        if self.notes < self.brands:
            raise SettingsError(
                f"notes is {self.notes} and brands is {self.brands}: a brand without a note would "
                f"have no traffic. Set notes to at least {self.brands}."
            )
        rest = self.save_share + self.click_share + self.order_share
        if rest > 0.5:
            raise SettingsError(
                f"save_share, click_share and order_share add up to {rest:g}: more than 0.5 leaves "
                "too few views for them to follow from. Lower one of them."
            )
        if self.late_share and self.late_days >= self.days:
            raise SettingsError(
                f"late_days is {self.late_days} and days is {self.days}: no event could arrive "
                "that late within the span. Raise days, lower late_days or set late_share to 0."
            )
        if self.late_share + self.out_of_order_share > 1:
            raise SettingsError(
                f"late_share and out_of_order_share add up to "
                f"{self.late_share + self.out_of_order_share:g}: an event is one or the other, so "
                "they cannot exceed 1. Lower one of them."
            )

    def _check_start(self) -> None:
        if self.start.utcoffset() is None:
            raise SettingsError(
                f"start is {self.start.isoformat()}, without a time zone: it would mean another "
                "time on another machine. Add one, for example +08:00."
            )
        if not 1980 <= self.start.year <= 2080:
            raise SettingsError(
                f"start is {self.start.isoformat()}: ids and tables hold the years 1980 to 2080."
            )


def _check_share(name: str, value: float) -> None:
    if isinstance(value, bool) or not math.isfinite(value) or not 0 <= value <= 1:
        raise SettingsError(f"{name} is {value!r}: a share is a fraction between 0 and 1.")


def _check_count(name: str, value: int, low: int, high: int, otherwise: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise SettingsError(f"{name} is {value!r}: it is a whole number.")
    if value < low:
        raise SettingsError(f"{name} is {value}: with less than {low}, {otherwise}.")
    if value > high:
        raise SettingsError(f"{name} is {value}: more than {high} is not supported.")
