"""Reads paths from ClickHouse, counted there into what a model needs.

What comes over is one brand's at a time: a row for each pair of channels that followed each other, or for each set of
channels that was paid after. So no more than its touches, or its orders; ClickHouse holds the paths themselves, and for
surfaces the brand's views.
"""

from datetime import date
from importlib.resources import files
from typing import Any, Final

import polars as pl

from attribution.credit import WORTH
from attribution.question import Dimension, Question
from schemas.errors import SettingsError
from sinks.connection import ClickHouse
from sinks.retry import RetryPolicy, persistently

_POLICY = RetryPolicy(attempts=3)

#: What a touch's channel is; creators are found by their notes.
_CHANNEL: Final = {
    Dimension.NOTE: "note_id",
    Dimension.CREATOR: "note_id",
    Dimension.SURFACE: "if(surface = '', 'OTHER', surface)",
    Dimension.KIND: "transform(kind, [1, 2, 4], ['view', 'save', 'click'], '')",
}

#: Is it the order of a crowded user? As the views have it.
_CROWDED: Final = "(path_truncated AND arrayCount(t -> true, `path.occurred_at`) = 0)"
#: Is no touch of an order held within the window, though there may have been some? As the views have it.
_UNKNOWN: Final = (
    "((path_truncated OR path_incomplete) AND arrayCount(t -> toUnixTimestamp64Milli(t)"
    " >= toUnixTimestamp64Milli(paid_at) - 86400000 * %(lookback_days)s, `path.occurred_at`) = 0)"
)

TRANSITIONS: Final = {
    "state": pl.String,
    "next": pl.String,
    "conversions": pl.Int64,
    "nulls": pl.Int64,
    "gross_fen": pl.Int64,
    "refunded_fen": pl.Int64,
}
COALITIONS: Final = {
    "channels": pl.List(pl.String),
    "sub_orders": pl.Int64,
    "gross_fen": pl.Int64,
    "refunded_fen": pl.Int64,
}


class Paths:
    """The paths that a question is about.

    A converting path is that of a sub-order: its touches within the lookback. All other touches of a user with the
    brand, in the days, make one path that ends in null; but not those within the lookback before a payment of another
    day, to which they belong. Whoever has a crowded order has none.

    Each method raises SinkRejected or SinkUnavailable when ClickHouse does not answer.
    """

    def __init__(self, connection: ClickHouse, question: Question) -> None:
        self._connection = connection
        self._question = question

    def now_ms(self) -> int:
        """The time by ClickHouse's clock, ms since the Unix epoch."""
        [(now,)] = self._ask("SELECT toUnixTimestamp64Milli(now64(3))", "time")
        return int(now)

    def brands(self) -> list[str]:
        """The brands with orders in the days, sorted, and those that a former run of this name was about.

        Raises SettingsError when there is none, or paths do not reach back so far.
        """
        brand = "brand_id = %(brand)s" if self._question.brand else "1"
        stored = dict(
            self._ask(
                "SELECT brand_id, min(lookback_days) FROM current_conversions"
                f" WHERE {brand} AND {self._days('toDate(paid_at)')} GROUP BY brand_id",
                "brands",
            )
        )
        former = self._ask(
            f"SELECT DISTINCT brand_id FROM modelled_credits WHERE {brand} AND model = %(model)s AND dimension = %(by)s"
            " AND lookback_days = %(lookback_days)s"
            f" AND since {'= %(since)s' if self._question.since else 'IS NULL'}"
            f" AND until {'= %(until)s' if self._question.until else 'IS NULL'}",
            "former runs",
        )
        wanted = sorted(stored.keys() | {brand_id for (brand_id,) in former})
        if not wanted:
            of_brand = f" of brand {self._question.brand}" if self._question.brand else ""
            raise SettingsError(
                f"There are no orders{of_brand} in these days: check --brand, --since and --until."
            )
        shortest = min(stored.values(), default=self._question.lookback_days)
        if self._question.lookback_days > shortest:
            raise SettingsError(
                f"lookback_days is {self._question.lookback_days}, but paths of these orders were stored with "
                f"{shortest}: give --lookback-days {shortest} or less."
            )
        return wanted

    def transitions(self, brand: str) -> pl.DataFrame:
        """How often which state followed which, over all paths, as attribution/sql/transitions.sql says."""
        return self._frame("transitions", brand, TRANSITIONS)

    def coalitions(self, brand: str) -> pl.DataFrame:
        """What was paid after which sets of channels, as attribution/sql/coalitions.sql says."""
        return self._frame("coalitions", brand, COALITIONS)

    def unknown(self, brand: str) -> dict[str, int]:
        """What was bought after nobody knows what: sub_orders, gross_fen, refunded_fen."""
        statement = _text("unknown").format(
            paid_days=self._days("toDate(paid_at)"), unknown=_UNKNOWN
        )
        [sold] = self._ask(statement, "orders", brand=brand)
        return dict(zip(WORTH, map(int, sold), strict=True))

    def _frame(self, name: str, brand: str, schema: dict[str, Any]) -> pl.DataFrame:
        by_surface = self._question.by is Dimension.SURFACE
        paths = _text("paths").format(
            paid_days=self._days("toDate(paid_at)"),
            touch_days=self._days("t.day"),
            crowded=_CROWDED,
            unknown=_UNKNOWN,
            with_unpaid="1" if name == "transitions" else "0",
            channel=_CHANNEL[self._question.by],
            views=_text("views") if by_surface else "",
        )
        columns = self._ask(paths + _text(name), "paths", columnar=True, brand=brand)
        return pl.DataFrame(dict(zip(schema, columns, strict=True)) if columns else {}, schema)

    def _days(self, day: str) -> str:
        since, until = self._question.since, self._question.until
        return " AND ".join(
            [
                "1",
                *([f"{day} >= %(since)s"] * bool(since)),
                *([f"{day} <= %(until)s"] * bool(until)),
            ]
        )

    def _ask(
        self, statement: str, what: str, *, columnar: bool = False, brand: str | None = None
    ) -> Any:
        asked = self._question
        parameters: dict[str, str | int | date | None] = {
            "model": asked.model,
            "by": asked.by,
            "brand": brand or asked.brand,
            "since": asked.since,
            "until": asked.until,
            "lookback_days": asked.lookback_days,
        }

        def execute() -> Any:
            with self._connection.client() as client:
                return client.execute(statement, parameters, columnar=columnar)

        return persistently(execute, f"reading of {what}", self._connection.address, _POLICY)


def _text(name: str) -> str:
    return (files("attribution") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
