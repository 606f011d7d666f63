"""The rules that a decoded record must keep; what breaks one becomes a reject."""

from collections.abc import Collection, Iterator
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.rejects import Reason, Reject
from streams.timeunits import EARLIEST_MS, HOUR_MS, LATEST_MS

MAX_ID_CHARACTERS = 64
FUTURE_MS = 24 * HOUR_MS
#: The Kafka timestamp, ms.
_PUBLISHED_AT = "kafka_timestamp"

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


def validate(
    frame: pl.DataFrame, timestamps: NDArray[np.int64]
) -> tuple[pl.DataFrame, list[Reject]]:
    """Split a decoded batch into the valid records and the rejects.

    frame: column `row` (position in the batch) and the fields of one topic's contract.
    timestamps: Kafka timestamps of the whole batch, ms.
    """
    published_at = pl.Series(_PUBLISHED_AT, timestamps[frame["row"].to_numpy()], dtype=pl.Int64)
    rules, broken_rule = _rules_of(tuple(frame.columns))
    judged = frame.hstack([published_at])
    broken = judged.select(broken_rule).to_series()
    if not broken.any():
        return frame, []
    return frame.filter(~broken), _explain(judged.filter(broken), rules)


@cache
def _rules_of(columns: tuple[str, ...]) -> tuple[dict[str, pl.Expr], pl.Expr]:
    """The rules of a topic, by what is wrong, and whether any is broken."""
    rules = dict(_rules(columns))
    return rules, pl.any_horizontal(*rules.values())


def _rules(columns: Collection[str]) -> Iterator[tuple[str, pl.Expr]]:
    """(what is wrong, true where it is) per rule; a null of a nullable field breaks none."""
    for name in ID_FIELDS:
        if name in columns:
            length = pl.col(name).str.len_chars()
            yield f"{name} is empty", (length == 0).fill_null(False)
            yield (
                f"{name} is longer than {MAX_ID_CHARACTERS} characters",
                (length > MAX_ID_CHARACTERS).fill_null(False),
            )
    if "amount_fen" in columns:
        yield "amount_fen is negative", pl.col("amount_fen") < 0
        yield "quantity is below 1", pl.col("quantity") < 1
    time = pl.col("occurred_at")
    yield (
        "occurred_at lies outside 1992–2099 (Asia/Shanghai)",
        (time < EARLIEST_MS) | (time >= LATEST_MS),
    )
    yield _FUTURE, time - pl.col(_PUBLISHED_AT) > FUTURE_MS


_FUTURE = "occurred_at lies more than 24 h after the Kafka timestamp"


def _explain(broken: pl.DataFrame, rules: dict[str, pl.Expr]) -> list[Reject]:
    """One reject a row, for the first rule that it breaks."""
    hits = broken.select("row", *(rule.alias(text) for text, rule in rules.items()))
    rejects = []
    for row, *flags in hits.iter_rows():
        text = next(text for text, flag in zip(rules, flags, strict=True) if flag)
        reason = Reason.FROM_THE_FUTURE if text == _FUTURE else Reason.INVALID_FIELD
        rejects.append(Reject(row, reason, text))
    return rejects
