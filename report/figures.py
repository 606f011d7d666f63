"""The figures of a report, as the views have them.

Distinct people are counted where they are asked for and never added up. Journeys belong to the day of viewing, orders
to the day of their earliest payment; days are those of Asia/Shanghai.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any, Final

from attribution.question import FIRST_DAY, check_days
from report import queries
from schemas.errors import SettingsError
from sinks.ask import ask
from sinks.connection import ClickHouse
from sinks.tables import FULL, MODELS

#: Notes that are shown one by one.
NOTES: Final = 12
#: Days whose window is over, where no first day is asked for, and days that one page shows at most.
CLOSED_DAYS: Final = 30
MAX_DAYS: Final = 366
#: How an order came, as it is shown: the most certain way first.
WAYS: Final = ("direct", "click_halo", "view_through", "organic", "unknown")


@dataclass(frozen=True, slots=True)
class Span:
    """What a report is about: a brand, days of which both ends are included, and two windows.

    lookback_days: how long before a payment a touch counts, of 24 hours each.
    window_days: how long after the day of viewing a step counts.
    """

    brand: str
    since: date
    until: date
    lookback_days: int
    window_days: int

    @property
    def days(self) -> list[date]:
        """Each of them."""
        return [self.since + timedelta(n) for n in range((self.until - self.since).days + 1)]


@dataclass(frozen=True, slots=True)
class People:
    """Distinct people who viewed a note of the brand, and how far they went within the window."""

    viewers: int = 0
    savers: int = 0
    clickers: int = 0
    buyers: int = 0
    chain_clickers: int = 0
    chain_buyers: int = 0

    def __add__(self, other: "People") -> "People":
        """Those of both; nobody is in both."""
        return People(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Opened:
    """People who are open, and for how many of them the window is open for saves, clicks, purchases."""

    viewers: int = 0
    saves: int = 0
    clicks: int = 0
    purchases: int = 0


@dataclass(frozen=True, slots=True)
class EntryDay:
    """Those who viewed on one day. is_open: what they have not done may still follow."""

    day: date
    viewers: int
    buyers: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class Sold:
    """Paid sub-orders and their money."""

    sub_orders: int = 0
    gross_fen: int = 0
    refunded_fen: int = 0

    @property
    def net_fen(self) -> int:
        """What stayed."""
        return self.gross_fen - self.refunded_fen

    def __add__(self, other: "Sold") -> "Sold":
        return Sold(
            self.sub_orders + other.sub_orders,
            self.gross_fen + other.gross_fen,
            self.refunded_fen + other.refunded_fen,
        )


@dataclass(frozen=True, slots=True)
class Sales:
    """What stands beside the sub-orders: who paid, in how many orders, and what part of the money is which.

    refund_open_share: of gross, so new that refunds may still follow.
    left_edge_share: of the sub-orders, whose window begins before the oldest touch. None where nothing was paid.
    """

    payers: int = 0
    orders: int = 0
    touched_net_fen: int = 0
    refund_open_share: float | None = None
    left_edge_share: float | None = None


@dataclass(frozen=True, slots=True)
class NoteCredit:
    """Net fen by model. what: note, others (notes of them, in one), organic or unknown."""

    what: str
    note_id: str
    notes: int
    net_fen: dict[str, int]


@dataclass(frozen=True, slots=True)
class Topic:
    """How far the workers have come in one topic. lag: messages that waited."""

    topic: str
    newest_event_at: datetime | None
    complete_until: datetime | None
    late_share_day: float
    lag: int


@dataclass(frozen=True, slots=True)
class Late:
    """Events of the brand on the days in one topic, and how many of them came too late."""

    topic: str
    events: int
    late: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as the events say, over the days, and why."""

    measure: str
    found_in: str
    expected: int
    found: int
    reason: str


@dataclass(frozen=True, slots=True)
class Figures:
    """All of a report.

    made_at: by ClickHouse's clock.
    newest_day: the last that all topics have passed; None where one has passed none. oldest_day: of touches.
    begun_day: the first day of the topic that began last.
    window_over: of the people, those with whom all is over; opened: the others.
    sold: by way, in the order of WAYS; unknown only if there are any.
    within: of the touched sub-orders, how many were paid within 0, 1, … lookback_days days of the first touch.
    equal: comparisons of the reconciliation without a difference.
    """

    span: Span
    made_at: datetime
    newest_day: date | None
    oldest_day: date
    begun_day: date
    window_over: People
    people: People
    opened: Opened
    entry_days: list[EntryDay]
    sold: dict[str, Sold]
    sales: Sales
    within: list[int]
    credits: list[NoteCredit]
    topics: list[Topic]
    late: list[Late]
    equal: int
    differences: list[Difference]

    @property
    def total(self) -> Sold:
        """All that was sold."""
        return sum(self.sold.values(), Sold())


def figures_of(
    connection: ClickHouse,
    brand: str,
    since: date | None,
    until: date | None,
    lookback_days: int | None,
    usual_days: int,
    window_days: int | None = None,
) -> Figures:
    """Ask the views.

    since, until: None for 30 days whose window is over before those that are open, or for the oldest day if that
    is later, and for the newest day.
    lookback_days: None for usual_days, or less where less was stored. window_days: None for the same.

    Raises SettingsError when there is nothing of the brand, no such day, or not so long a window; SinkRejected,
    SinkUnavailable.
    """
    check_days(since, until)
    [coverage] = ask(connection, queries.COVERAGE)
    if not ask(connection, queries.KNOWN, {"brand": brand}):
        raise SettingsError(
            f"There is nothing of brand {brand} in the database {connection.database}: check --brand."
        )
    stored = coverage["lookback_days"]
    for option, asked in (("lookback", lookback_days), ("window", window_days)):
        if asked is not None and asked > stored:
            raise SettingsError(
                f"--{option}-days is {asked}, but paths were stored with {stored} days: ask for {stored} or less."
            )
    days = min(usual_days, stored) if lookback_days is None else lookback_days
    window = days if window_days is None else window_days
    last = until or coverage["seen_until"]
    first = since or _first_day(coverage, last, window)
    _check(first, last)
    return _Asker(connection, Span(brand, first, last, days, window)).figures(coverage)


def _first_day(coverage: dict[str, Any], last: date, window_days: int) -> date:
    """The first of 30 days whose window is over; if a page cannot reach back so far, as many days before the last.

    There is nothing to show before the oldest event.
    """
    reach = timedelta(window_days + CLOSED_DAYS)
    passed: date | None = coverage["newest_day"]
    oldest: date = coverage["seen_since"]
    closed = (min(passed + timedelta(1), last) if passed else last) - reach
    first = closed if (last - closed).days < MAX_DAYS else last - reach
    return max(FIRST_DAY, first, min(oldest, last))


def _check(first: date, last: date) -> None:
    if first > last:
        raise SettingsError(
            f"--since {first} is after the newest event, which is of {last}: give an earlier day."
        )
    if (last - first).days >= MAX_DAYS:
        raise SettingsError(
            f"From {first} to {last} are more than {MAX_DAYS} days: give --since and --until that are closer."
        )


class _Asker:
    """Asks for one span."""

    def __init__(self, connection: ClickHouse, span: Span) -> None:
        self._connection = connection
        self._span = span

    def figures(self, coverage: dict[str, Any]) -> Figures:
        equal, differences = self._reconciled()
        window_over, others, opened = self._people()
        return Figures(
            span=self._span,
            made_at=coverage["made_at"],
            newest_day=coverage["newest_day"],
            oldest_day=coverage["oldest_day"],
            begun_day=coverage["begun_day"],
            people=window_over + others,
            window_over=window_over,
            opened=opened,
            entry_days=self._entry_days(),
            sold=self._sold(),
            sales=next((Sales(**row) for row in self._ask(queries.SALES)), Sales()),
            within=self._within(),
            credits=self._credits(),
            topics=[Topic(**row) for row in self._ask(queries.FRESHNESS)],
            late=[Late(**row) for row in self._ask(queries.LATE)],
            equal=equal,
            differences=differences,
        )

    def _people(self) -> tuple[People, People, Opened]:
        """Those with whom all is over, the others, and what of them is open."""
        found = {bool(row.pop("is_open")): row for row in self._ask(queries.PEOPLE)}
        over, others = (
            People(**{each.name: found[which][each.name] for each in fields(People)})
            if which in found
            else People()
            for which in (False, True)
        )
        row = found.get(True, {})
        opened = (row.get(f"{step}_open", 0) for step in ("saves", "clicks", "purchases"))
        return over, others, Opened(others.viewers, *opened)

    def _ask(self, query: str) -> list[dict[str, Any]]:
        span = self._span
        given = {
            "brand": span.brand,
            "since": span.since,
            "until": span.until,
            "days": span.lookback_days,
            "window": span.window_days,
            "notes": NOTES,
        }
        return ask(self._connection, query, given)

    def _entry_days(self) -> list[EntryDay]:
        """Also the days without viewers."""
        found = {
            row["day"]: EntryDay(row["day"], row["viewers"], row["buyers"], bool(row["is_open"]))
            for row in self._ask(queries.ENTRY_DAYS)
        }
        return [found.get(day, EntryDay(day, 0, 0, False)) for day in self._span.days]

    def _sold(self) -> dict[str, Sold]:
        found = {row.pop("way"): Sold(**row) for row in self._ask(queries.ORDERS)}
        return {way: found.get(way, Sold()) for way in WAYS if way in found or way != "unknown"}

    def _within(self) -> list[int]:
        found = {row["within"]: row["sub_orders"] for row in self._ask(queries.DAYS_TO_PURCHASE)}
        return list(accumulate(found.get(day, 0) for day in range(self._span.lookback_days + 1)))

    def _credits(self) -> list[NoteCredit]:
        return [
            NoteCredit(
                row["what"],
                row["note"],
                row["notes"],
                {model: row[model] for model in (*MODELS, FULL)},
            )
            for row in self._ask(queries.CREDITS)
        ]

    def _reconciled(self) -> tuple[int, list[Difference]]:
        rows = self._ask(queries.RECONCILED)
        differing: Sequence[dict[str, Any]] = [row for row in rows if row["what"]]
        return sum(row["comparisons"] for row in rows if not row["what"]), [
            Difference(row["what"], row["place"], row["expected_sum"], row["found_sum"], row["why"])
            for row in differing
        ]
