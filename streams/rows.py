"""Rows as blocks for the sinks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from schemas.rejects import Reject
from sinks.block import Block
from sinks.tables import (
    CONVERSIONS,
    DEAD_LETTERS,
    JOURNEYS,
    ORDER_EVENTS,
    ORDER_KINDS,
    PROGRESS,
    TABLES,
    TOUCHES,
)
from streams.batch import Batch
from streams.event_time import NEVER, UNKNOWN, EventTime
from streams.join import Conversion, Journey
from streams.kinds import Kind

#: Ten minutes.
SLOT_MS = 600_000


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
    return _facts(
        TOUCHES,
        events.with_columns(
            pl.lit(value).alias(name)
            for name, value in absent.items()
            if name not in events.columns
        ),
    )


def _order_events(events: pl.DataFrame) -> Block:
    numbers = {int(Kind.PAY): ORDER_KINDS["PAY"], int(Kind.REFUND): ORDER_KINDS["REFUND"]}
    return _facts(ORDER_EVENTS, events.with_columns(pl.col("kind").replace_strict(numbers)))


def _facts(table: str, events: pl.DataFrame) -> Block:
    """The columns of a table that events carry under the same name, and in_time."""
    events = events.with_columns(in_time=~pl.col("too_late"))
    columns = TABLES[table].columns
    return Block(
        table,
        events.select(
            pl.col(name).cast(dtype) for name, dtype in columns.items() if name in events.columns
        ),
    )


def journey_block(rows: Sequence[Journey]) -> Block:
    """Rows of `journeys`."""
    return _block(
        JOURNEYS, {name: [getattr(row, name) for row in rows] for name in TABLES[JOURNEYS].columns}
    )


def conversion_block(rows: Sequence[Conversion], lookback_days: int) -> Block:
    """Rows of `conversions`."""
    paid = ("sub_order_id", "order_id", "shop_id", "item_id", "quantity", "click_id")
    own = ("user_id", "brand_id", "direct", "path_truncated", "path_incomplete", "version")
    steps = ("occurred_at", "kind", "note_id", "item_id", "click_id")
    return _block(
        CONVERSIONS,
        {
            **{name: [getattr(row.payment, name) for row in rows] for name in paid},
            **{name: [getattr(row, name) for row in rows] for name in own},
            **{
                f"path.{name}": [[getattr(t, name) for t in row.path] for row in rows]
                for name in steps
            },
            "paid_at": [row.payment.occurred_at for row in rows],
            "lookback_days": [lookback_days] * len(rows),
        },
    )


def dead_letter_block(batch: Batch, rejects: Sequence[Reject]) -> Block:
    """Rejects of a batch as rows of `dead_letters`."""
    rows = [reject.row for reject in rejects]
    return _block(
        DEAD_LETTERS,
        {
            "topic": [batch.topic] * len(rows),
            "partition": [batch.partition] * len(rows),
            "offset": batch.offsets[rows],
            "reason": [str(reject.reason) for reject in rejects],
            "detail": [reject.detail for reject in rejects],
            "key": [batch.keys[row] for row in rows],
            "payload": [batch.values[row] for row in rows],
            "kafka_timestamp": batch.timestamps[rows],
        },
    )


def progress_block(batch: Batch, clock: EventTime, end: int, allowed_lateness_ms: int) -> Block:
    """How far a batch has come, as rows of `progress`: one for every ten minutes of its timestamps.

    clock: as it stands after the batch.
    end: where the partition ends as far as is known, or UNKNOWN.
    """
    reached = clock.now
    same = {
        "topic": batch.topic,
        "partition": batch.partition,
        "end_offset": batch.next_offset if end == UNKNOWN else end,
        "newest_event_at": clock.newest.get(batch.topic),
        "event_time": None if reached == NEVER else reached,
        "complete_until": None if reached == NEVER else reached - allowed_lateness_ms,
    }
    behind = np.append(batch.offsets[:-1] + 1, batch.next_offset)
    slots = (
        pl.DataFrame({"at": batch.timestamps, "behind": behind})
        .group_by(slot=pl.col("at") // SLOT_MS * SLOT_MS)
        .agg(next_offset=pl.col("behind").max(), newest_message_at=pl.col("at").max())
        .sort("slot")
        .with_columns(pl.lit(value).alias(name) for name, value in same.items())
    )
    dtypes = TABLES[PROGRESS].columns
    return Block(PROGRESS, slots.select(pl.col(name).cast(dtypes[name]) for name in slots.columns))


def _block(table: str, columns: Mapping[str, Any]) -> Block:
    dtypes = TABLES[table].columns
    return Block(
        table, pl.DataFrame([pl.Series(n, values, dtypes[n]) for n, values in columns.items()])
    )
