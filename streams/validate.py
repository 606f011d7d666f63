"""The rules that a decoded record must keep (docs/definitions.md §11.1); what breaks one becomes a reject."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.rejects import Reason, Reject
from schemas.topics import NOT_OTHER, OTHER
from streams.timeunits import EARLIEST_MS, LATEST_MS
from streams.wall_clock import FUTURE_MS

MAX_ID_CHARACTERS = 64
#: A hundred billion yuan. Whatever pays more is a sentinel or a fault, and sums of what is less stay far from 2⁶³.
MAX_AMOUNT_FEN = 10**13
#: The Kafka timestamp, and the time of the wall clock, ms.
_PUBLISHED_AT, _NOW = "kafka_timestamp", "now"
_LEAST, _MOST = -(2**63), 2**63 - 1

#: Ids that a topic's records carry, when they carry them.
ID_FIELDS = (
    "user_id",
    "note_id",
    "brand_id",
    "click_id",
    "item_id",
    "txn_id",
    "order_id",
    "sub_order_id",
    "shop_id",
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A number must lie between two others, both included.

    below, above: what is wrong where it does not. reason: what a record is then.
    """

    number: pl.Expr
    least: int = _LEAST
    most: int = _MOST
    below: str = ""
    above: str = ""
    reason: Reason = Reason.INVALID_FIELD

    def kept_by_all(self, numbers: pl.Series) -> bool:
        """A null of a nullable field breaks no rule."""
        least: Any = numbers.min()
        most: Any = numbers.max()
        return least is None or self.least <= least <= most <= self.most

    def broken_by(self, numbers: pl.Series) -> pl.Series:
        """Which of them break it."""
        return (~numbers.cast(pl.Int64).is_between(self.least, self.most)).fill_null(False)

    def what_is_wrong(self, number: int | None) -> str:
        """Empty if nothing is."""
        if number is None or self.least <= number <= self.most:
            return ""
        return self.below if number < self.least else self.above


def validate(
    frame: pl.DataFrame, timestamps: NDArray[np.int64], now_ms: int
) -> tuple[pl.DataFrame, list[Reject]]:
    """Split a decoded batch into the valid records and the rejects.

    frame: column `row` (position in the batch) and the fields of one topic's contract.
    timestamps: Kafka timestamps of the whole batch, ms.
    now_ms: the wall clock, ms since the Unix epoch.
    """
    published_at = pl.Series(_PUBLISHED_AT, timestamps[frame["row"].to_numpy()], dtype=pl.Int64)
    rules, numbers_of = _rules_of(tuple(frame.columns))
    clocks = [published_at, pl.lit(now_ms, pl.Int64).alias(_NOW)]
    numbers = frame.with_columns(clocks).select(numbers_of)
    columns = numbers.get_columns()
    if all(rule.kept_by_all(column) for rule, column in zip(rules, columns, strict=True)):
        return frame, []
    breaks = [rule.broken_by(column) for rule, column in zip(rules, columns, strict=True)]
    broken = reduce(or_, breaks)
    return frame.filter(~broken), _rejects(
        frame.filter(broken)["row"], rules, numbers.filter(broken)
    )


@cache
def _rules_of(columns: tuple[str, ...]) -> tuple[list[_Rule], list[pl.Expr]]:
    """The rules of a topic, and the numbers that they are about."""
    rules = list(_rules(columns))
    return rules, [rule.number.alias(str(at)) for at, rule in enumerate(rules)]


def _rules(columns: Collection[str]) -> Iterator[_Rule]:
    for name in ID_FIELDS:
        if name in columns:
            empty = f"{name} is empty"
            long = f"{name} is longer than {MAX_ID_CHARACTERS} characters"
            length = pl.col(name).str.len_chars()
            yield _Rule(length, 1, MAX_ID_CHARACTERS, below=empty, above=long)
    if "amount_fen" in columns:
        much = f"amount_fen is above {MAX_AMOUNT_FEN}"
        amount = pl.col("amount_fen")
        yield _Rule(amount, 0, MAX_AMOUNT_FEN, below="amount_fen is negative", above=much)
        yield _Rule(pl.col("quantity"), least=1, below="quantity is below 1")
    for name in NOT_OTHER:
        if name in columns:
            unknown = (pl.col(name) == OTHER).cast(pl.Int64)
            yield _Rule(unknown, most=0, above=f"{name} is {OTHER}: what it does is not known")
    if "dwell_ms" in columns:
        yield _Rule(pl.col("dwell_ms"), least=0, below="dwell_ms is negative")
    time = pl.col("occurred_at")
    outside = "occurred_at, in ms, lies {} (Asia/Shanghai): is it in {}?"
    yield _Rule(
        time,
        EARLIEST_MS,
        LATEST_MS - 1,
        below=outside.format("before 1992", "seconds"),
        above=outside.format("after 2099", "microseconds"),
    )
    yield _Rule(
        pl.col(_PUBLISHED_AT), 0, below="it has no Kafka timestamp", reason=Reason.NO_TIMESTAMP
    )
    for clock, name in ((_PUBLISHED_AT, "after the Kafka timestamp"), (_NOW, "ahead of the clock")):
        # A difference that has more than 64 bits is one of a time outside the years, or of no timestamp.
        ahead = time - pl.col(clock)
        future = f"occurred_at lies more than 24 h {name}"
        yield _Rule(ahead, most=FUTURE_MS, above=future, reason=Reason.FROM_THE_FUTURE)


def _rejects(rows: pl.Series, rules: list[_Rule], numbers: pl.DataFrame) -> list[Reject]:
    """One a row, for the first rule that it breaks."""
    rejects = []
    for row, of_row in zip(rows, numbers.iter_rows(), strict=True):
        checked = zip(rules, of_row, strict=True)
        wrong = ((rule.reason, rule.what_is_wrong(number)) for rule, number in checked)
        reason, text = next(found for found in wrong if found[1])
        rejects.append(Reject(row, reason, text))
    return rejects
