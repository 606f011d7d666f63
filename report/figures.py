"""The figures of a report, as the views have them.

Distinct people are counted where they are asked for and never added up. Journeys belong to the day of viewing, orders
to the day of their earliest payment; days are those of Asia/Shanghai.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Span:
    """What a report is about: a brand, days of which both ends are included, and a window."""

    brand: str
    since: date
    until: date
    lookback_days: int

    @property
    def days(self) -> list[date]:
        """Each of them."""
        return [self.since + timedelta(n) for n in range((self.until - self.since).days + 1)]


@dataclass(frozen=True, slots=True)
class People:
    """Distinct people who viewed a note of the brand, and how far they went within the window."""

    viewers: int
    savers: int
    clickers: int
    buyers: int
    chain_clickers: int
    chain_buyers: int


@dataclass(frozen=True, slots=True)
class EntryDay:
    """Those who viewed on one day. is_open: their window is not over."""

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

    made_at: by ClickHouse's clock. newest_day: of the newest event of any brand.
    window_over: the people of those days of viewing whose window is over.
    sold: by way, which is direct, halo or organic; or unknown, if there are any.
    within: of the touched sub-orders, how many were paid within 0, 1, … lookback_days days of the first touch.
    equal: comparisons of the reconciliation without a difference.
    """

    span: Span
    made_at: datetime
    newest_day: date
    people: People
    window_over: People
    open_viewers: int
    entry_days: list[EntryDay]
    sold: dict[str, Sold]
    within: list[int]
    credits: list[NoteCredit]
    topics: list[Topic]
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
) -> Figures:
    """Ask the views.

    since, until: None for 30 days whose window is over before those that are open, and for the day of the newest event.
    lookback_days: None for usual_days, or less where less was stored.

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
    if lookback_days is not None and lookback_days > stored:
        raise SettingsError(
            f"--lookback-days is {lookback_days}, but paths were stored with {stored} days: ask for {stored} or less."
        )
    days = min(usual_days, stored) if lookback_days is None else lookback_days
    last = until or coverage["newest_day"]
    first = since or max(FIRST_DAY, last - timedelta(CLOSED_DAYS + days))
    _check(first, last)
    return _Asker(connection, Span(brand, first, last, days)).figures(coverage)


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
        [people], [window_over] = self._ask(queries.PEOPLE), self._ask(queries.WINDOW_OVER)
        [opened] = self._ask(queries.OPEN_VIEWERS)
        return Figures(
            span=self._span,
            made_at=coverage["made_at"],
            newest_day=coverage["newest_day"],
            people=People(**people),
            window_over=People(**window_over),
            open_viewers=opened["viewers"],
            entry_days=self._entry_days(),
            sold=self._sold(),
            within=self._within(),
            credits=self._credits(),
            topics=[Topic(**row) for row in self._ask(queries.FRESHNESS)],
            equal=equal,
            differences=differences,
        )

    def _ask(self, query: str) -> list[dict[str, Any]]:
        span = self._span
        given = {
            "brand": span.brand,
            "since": span.since,
            "until": span.until,
            "days": span.lookback_days,
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
        ways = ("direct", "halo", "organic", *(["unknown"] if "unknown" in found else []))
        return {way: found.get(way, Sold()) for way in ways}

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
