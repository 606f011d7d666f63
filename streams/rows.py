"""Rows as blocks of columns for the sinks.

Times go as Int64 ms, which are the ticks of DateTime64(3), days as days since 1970, kinds as their Enum8 numbers.
"""

from collections.abc import Sequence

import polars as pl

from schemas.rejects import Reject
from sinks.block import Block
from sinks.tables import (
    CONVERSIONS,
    DEAD_LETTERS,
    JOURNEYS,
    ORDER_EVENTS,
    ORDER_KINDS,
    TABLES,
    TOUCHES,
)
from streams.batch import Batch
from streams.join import Conversion, Journey
from streams.kinds import Kind


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
    return Block(TOUCHES, _same(TOUCHES, events) | {"in_time": _in_time(events)})


def _order_events(events: pl.DataFrame) -> Block:
    numbers = {int(Kind.PAY): ORDER_KINDS["PAY"], int(Kind.REFUND): ORDER_KINDS["REFUND"]}
    events = events.with_columns(pl.col("kind").replace_strict(numbers))
    return Block(ORDER_EVENTS, _same(ORDER_EVENTS, events) | {"in_time": _in_time(events)})


def _same(table: str, events: pl.DataFrame) -> dict[str, Sequence[object]]:
    """The columns of a table that events carry under the same name."""
    return {name: events[name].to_list() for name in TABLES[table].columns if name in events}


def _in_time(events: pl.DataFrame) -> list[int]:
    numbers: list[int] = (~events["too_late"]).cast(pl.UInt8).to_list()
    return numbers


def journey_block(rows: Sequence[Journey]) -> Block:
    """Rows of `journeys`."""
    columns = TABLES[JOURNEYS].columns
    return Block(JOURNEYS, {name: [getattr(row, name) for row in rows] for name in columns})


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
