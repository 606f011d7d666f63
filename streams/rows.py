"""Rows as blocks of columns for the sinks.

Times go as Int64 ms, which are the ticks of DateTime64(3); days as Date; kinds as their Enum8 numbers.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from schemas.rejects import Reject
from sinks.block import Block
from sinks.tables import CONVERSIONS, DEAD_LETTERS, JOURNEYS, ORDER_EVENTS, ORDER_KINDS, TOUCHES
from streams.batch import Batch
from streams.join import Conversion, Journey
from streams.kinds import Kind

_EPOCH = date(1970, 1, 1)


def fact_block(events: pl.DataFrame) -> Block:
    """Events of one topic as rows of `touches` or `order_events`. Columns: `streams.events`, too_late."""
    return _order_events(events) if "txn_id" in events.columns else _touches(events)


def _touches(events: pl.DataFrame) -> Block:
    absent = {
        "click_id": "",
        "item_id": "",
        "surface": "",
        "promoted": False,
        "dwell_ms": None,
        "placement": "",
    }
    events = events.with_columns(
        *(pl.lit(value).alias(name) for name, value in absent.items() if name not in events.columns)
    )
    same = ("brand_id", "note_id", "kind", "user_id", "occurred_at", *absent)
    return Block(TOUCHES, _lists(events, same) | {"in_time": _in_time(events)})


def _order_events(events: pl.DataFrame) -> Block:
    same = (
        "brand_id",
        "shop_id",
        "user_id",
        "order_id",
        "sub_order_id",
        "txn_id",
        "item_id",
        "quantity",
        "amount_fen",
        "occurred_at",
        "click_id",
    )
    numbers = {int(Kind.PAY): ORDER_KINDS["PAY"], int(Kind.REFUND): ORDER_KINDS["REFUND"]}
    kinds = events["kind"].replace_strict(numbers).to_list()
    return Block(
        ORDER_EVENTS, {"kind": kinds} | _lists(events, same) | {"in_time": _in_time(events)}
    )


def _lists(events: pl.DataFrame, names: Sequence[str]) -> dict[str, Sequence[object]]:
    return {name: events[name].to_list() for name in names}


def _in_time(events: pl.DataFrame) -> list[int]:
    numbers: list[int] = (~events["too_late"]).cast(pl.UInt8).to_list()
    return numbers


def journey_block(rows: Sequence[Journey]) -> Block:
    """Rows of `journeys`."""
    same = (
        "brand_id",
        "note_id",
        "user_id",
        "entered_at",
        "saved_at",
        "clicked_at",
        "purchased_at",
        "chain_clicked_at",
        "chain_purchased_at",
    )
    columns: dict[str, Sequence[object]] = {
        name: [getattr(row, name) for row in rows] for name in same
    }
    days = [_EPOCH + timedelta(days=row.entry_date) for row in rows]
    return Block(JOURNEYS, columns | {"entry_date": days})


def conversion_block(rows: Sequence[Conversion], lookback_days: int) -> Block:
    """Rows of `conversions`."""
    paid = ("sub_order_id", "order_id", "shop_id", "item_id", "quantity", "click_id")
    own = ("user_id", "brand_id", "version")
    flags = ("direct", "path_truncated", "path_incomplete")
    steps = ("occurred_at", "note_id", "item_id", "click_id")
    columns: dict[str, Sequence[object]] = {
        **{name: [getattr(row.payment, name) for row in rows] for name in paid},
        **{name: [getattr(row, name) for row in rows] for name in own},
        **{name: [int(getattr(row, name)) for row in rows] for name in flags},
        **{
            f"path.{name}": [[getattr(t, name) for t in row.path] for row in rows] for name in steps
        },
        "path.kind": [[int(touch.kind) for touch in row.path] for row in rows],
        "paid_at": [row.payment.occurred_at for row in rows],
        "lookback_days": [lookback_days] * len(rows),
    }
    return Block(CONVERSIONS, columns)


def dead_letter_block(batch: Batch, rejects: Sequence[Reject]) -> Block:
    """Rejects of a batch as rows of `dead_letters`."""
    rows = [reject.row for reject in rejects]
    return Block(
        DEAD_LETTERS,
        {
            "topic": [batch.topic] * len(rows),
            "partition": [batch.partition] * len(rows),
            "offset": batch.offsets[rows].tolist(),
            "reason": [str(reject.reason) for reject in rejects],
            "detail": [reject.detail for reject in rejects],
            "key": [batch.keys[row] for row in rows],
            "payload": [batch.values[row] for row in rows],
            "kafka_timestamp": batch.timestamps[rows].tolist(),
        },
    )
