"""Rows as blocks for the sinks."""

from collections.abc import Mapping, Sequence
from functools import cache
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
    table = ORDER_EVENTS if "txn_id" in events.columns else TOUCHES
    return Block(table, events.select(_facts(table, tuple(events.columns))))


#: What a touch has where its topic has no such field.
_ABSENT = {
    "click_id": "",
    "item_id": "",
    "surface": "",
    "promoted": False,
    "dwell_ms": None,
    "placement": "",
}
_ORDER_KIND = {int(Kind.PAY): ORDER_KINDS["PAY"], int(Kind.REFUND): ORDER_KINDS["REFUND"]}


@cache
def _facts(table: str, given: tuple[str, ...]) -> list[pl.Expr]:
    """The columns of a table from those of events."""
    found = {name: pl.col(name) for name in given}
    if table == TOUCHES:
        found = {name: pl.lit(value) for name, value in _ABSENT.items()} | found
    else:
        found["kind"] = found["kind"].replace_strict(_ORDER_KIND)
    found["in_time"] = ~pl.col("too_late")
    columns = TABLES[table].columns
    return [found[name].cast(columns[name]).alias(name) for name in columns if name in found]


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
            "key": batch.keys[rows],
            "payload": batch.values[rows],
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
    slots, slot_of = np.unique(batch.timestamps // SLOT_MS, return_inverse=True)
    newest_message_at = np.full(len(slots), np.iinfo(np.int64).min)
    np.maximum.at(newest_message_at, slot_of, batch.timestamps)
    next_offset = np.zeros(len(slots), np.int64)
    np.maximum.at(next_offset, slot_of, np.append(batch.offsets[:-1] + 1, batch.next_offset))
    each = {
        "slot": slots * SLOT_MS,
        "next_offset": next_offset,
        "newest_message_at": newest_message_at,
    }
    return _block(PROGRESS, each | {name: [value] * len(slots) for name, value in same.items()})


def _block(table: str, columns: Mapping[str, Any]) -> Block:
    dtypes = TABLES[table].columns
    return Block(
        table, pl.DataFrame([pl.Series(n, values, dtypes[n]) for n, values in columns.items()])
    )
