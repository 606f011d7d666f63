"""What the states of workers would hold of the facts in ClickHouse, some users at a time."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from rebuild.asking import ask, between, sql, touched_between
from rebuild.facts import parts_of
from sinks.connection import ClickHouse
from streams.event_time import NEVER
from streams.kinds import Kind
from streams.timeunits import EARLIEST_MS

_COMMON = {
    "user_id": pl.String,
    "brand_id": pl.String,
    "occurred_at": pl.Int64,
    "kind": pl.Int8,
}
_TOUCHES = _COMMON | {
    "note_id": pl.String,
    "promoted": pl.Boolean,
    "surface": pl.String,
    "click_id": pl.String,
    "item_id": pl.String,
    "too_late": pl.Boolean,
}
_ORDERS = _COMMON | {
    "platform": pl.String,
    "sub_order_id": pl.String,
    "txn_id": pl.String,
    "order_id": pl.String,
    "shop_id": pl.String,
    "item_id": pl.String,
    "quantity": pl.Int32,
    "click_id": pl.String,
    "too_late": pl.Boolean,
}
#: What a click has that other touches have not, and what a view has.
_OF_CLICK, _OF_VIEW = ("click_id", "item_id"), ("promoted", "surface")


class Held:
    """Facts from a time on, ms. Each method raises SinkRejected or SinkUnavailable."""

    def __init__(self, clickhouse: ClickHouse, since: int, until: int) -> None:
        self._clickhouse = clickhouse
        self._times = {"read": between(since, until), "touched": touched_between(since, until)}

    def each(self) -> Iterator[tuple[float, list[pl.DataFrame]]]:
        """The share that is read then, and events in the columns of `streams.events`, a frame for each kind."""
        counted = sql("brands", brand="1", **self._times)
        parts = list(parts_of(ask(self._clickhouse, counted, "number of the facts")))
        for number, part in enumerate(parts, 1):
            touches = self._frame("held_touches", part.condition, _TOUCHES)
            orders = self._frame("held_orders", part.condition, _ORDERS)
            yield number / len(parts), [*_by_kind(touches), orders]

    def _frame(self, name: str, users: str, columns: dict[str, Any]) -> pl.DataFrame:
        statement = sql(name, users=users, **self._times)
        found = ask(self._clickhouse, statement, "facts", columnar=True)
        given = found or [()] * len(columns)
        return pl.DataFrame(
            [pl.Series(n, values, t) for (n, t), values in zip(columns.items(), given, strict=True)]
        )


def newest(clickhouse: ClickHouse) -> dict[str, int]:
    """Topic → its newest fact, ms; of those that have any. Raises SinkRejected or SinkUnavailable."""
    found = ask(clickhouse, sql("newest"), "newest facts")
    return {topic: at for topic, at in found if at is not None}


def reached(clickhouse: ClickHouse, epoch: int) -> dict[tuple[str, int], int | None]:
    """Topic and partition → the newest event that was read of it, ms. Raises SinkRejected or SinkUnavailable."""
    found = ask(clickhouse, sql("reached", epoch=epoch), "progress of workers")
    return {(topic, partition): at for topic, partition, at in found}


def missed_before(clickhouse: ClickHouse, since: int) -> int:
    """Before which time facts may be missing, if all are taken from a time on, ms; NEVER if none are known to be.

    Raises SinkRejected or SinkUnavailable.
    """
    before = {"read": between(EARLIEST_MS, since), "touched": touched_between(EARLIEST_MS, since)}
    earlier = ask(clickhouse, sql("known", **before), "earlier facts")
    gaps: list[tuple[int, int]] = ask(clickhouse, sql("gaps"), "gaps")
    return max([since if earlier else NEVER, *(behind for _, behind in gaps)])


def _by_kind(touches: pl.DataFrame) -> list[pl.DataFrame]:
    """Events know by their columns what they are."""
    kind = pl.col("kind")
    return [
        touches.filter(kind == int(Kind.VIEW)).drop(_OF_CLICK),
        touches.filter(kind.is_in([int(Kind.SAVE), int(Kind.UNSAVE)])).drop(*_OF_CLICK, *_OF_VIEW),
        touches.filter(kind == int(Kind.CLICK)).drop(_OF_VIEW),
    ]
