"""Rows as blocks for the sinks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from streams.history import Payment, Touch
from streams.join import Conversion, Journey
from streams.kinds import Kind
from streams.settings import Settings
from streams.state.keys import UNKNOWN_SURFACE

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
    columns = TABLES[table].columns
    return [found[name].cast(columns[name]).alias(name) for name in columns if name in found]


def journey_block(rows: Sequence[Journey]) -> Block:
    """Rows of `journeys`, at least one."""
    return _block(JOURNEYS, _columns(Journey._fields, rows))


def conversion_block(rows: Sequence[Conversion], lookback_days: int) -> Block:
    """Rows of `conversions`, at least one."""
    columns = _columns(Conversion._fields, rows)
    paid = _columns(Payment._fields, columns.pop("payment"))
    columns |= {name: paid[name] for name in _OF_PAYMENT}
    columns |= _paths(columns.pop("path"))
    columns |= {"paid_at": paid["occurred_at"], "lookback_days": [lookback_days] * len(rows)}
    return _block(CONVERSIONS, columns)


_OF_PAYMENT = "platform", "sub_order_id", "order_id", "shop_id", "item_id", "quantity", "click_id"
#: The columns of a path, with the types of what is in their lists.
_OF_PATH = {
    name: dtype.inner
    for name, dtype in TABLES[CONVERSIONS].columns.items()
    if isinstance(dtype, pl.List)
}


_STEPS = tuple(f"path.{name}" for name in Touch._fields)


def _paths(paths: Sequence[Sequence[Touch]]) -> dict[str, pl.Series]:
    """Columns of lists, cut from one column of all paths: polars takes four times as long for lists of lists."""
    steps = _columns(_STEPS, [step for path in paths for step in path]) | _traffic(paths)
    flat = pl.DataFrame([pl.Series(n, steps.get(n, ()), dtype) for n, dtype in _OF_PATH.items()])
    lengths = pl.Series([len(path) for path in paths], dtype=pl.Int64)
    starts = lengths.cum_sum() - lengths
    each = pl.all().implode().list.slice(pl.lit(starts), pl.lit(lengths))
    return flat.select(each).to_dict()


def _traffic(paths: Iterable[Iterable[Touch]]) -> dict[str, list[Any]]:
    """Which traffic each step came from: a save or a click from that of its note's latest view in the path."""
    found: list[tuple[bool, str]] = []
    for path in paths:
        latest: dict[str, tuple[bool, str]] = {}
        for _, kind, note_id, _, _, promoted, surface in path:
            if kind is _VIEW:
                latest[note_id] = promoted, surface
            found.append(latest.get(note_id, _UNKNOWN_TRAFFIC))
    return _columns(("path.promoted", "path.surface"), found)


_VIEW, _UNKNOWN_TRAFFIC = Kind.VIEW, (False, UNKNOWN_SURFACE)


def _columns(fields: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """Tuples by their fields; nothing of no tuples."""
    return dict(zip(fields, zip(*rows, strict=True), strict=False))


def dead_letter_block(batch: Batch, rejects: Sequence[Reject], epoch: int) -> Block:
    """Rejects of a batch as rows of `dead_letters`."""
    rows = [reject.row for reject in rejects]
    return _block(
        DEAD_LETTERS,
        {
            "topic": [batch.topic] * len(rows),
            "partition": [batch.partition] * len(rows),
            "epoch": [epoch] * len(rows),
            "offset": batch.offsets[rows],
            "reason": [str(reject.reason) for reject in rejects],
            "detail": [reject.detail for reject in rejects],
            "key": batch.keys[rows],
            "payload": batch.values[rows],
            "kafka_timestamp": batch.timestamps[rows],
        },
    )


def progress_block(
    batches: Sequence[Batch],
    clock: EventTime,
    ends: Mapping[str, int],
    settings: Settings,
) -> Block:
    """How far batches have come, as rows of `progress`: one for every ten minutes of their timestamps.

    clock: as it stands after them.
    ends: where the partition of each topic ends as far as is known, or UNKNOWN.
    """
    event_time = None if clock.now == NEVER else clock.now
    complete_until = None if event_time is None else event_time - settings.allowed_lateness_ms
    reached = [
        (
            batch.topic,
            batch.partition,
            settings.epoch,
            slot,
            next_offset,
            batch.next_offset if ends[batch.topic] == UNKNOWN else ends[batch.topic],
            # By whom it begins: any slot would do, but it must be the same when the batch is read again.
            batch.expired_before if slot == _slot_of(batch.timestamps[0]) else 0,
            newest_message_at,
            clock.newest.get(batch.topic),
            event_time,
            complete_until,
            settings.lookback_days,
        )
        for batch in batches
        for slot, next_offset, newest_message_at in _slots(batch)
    ]
    return Block(PROGRESS, pl.DataFrame(reached, _REACHED, orient="row"))


_REACHED = {
    name: dtype
    for name, dtype in TABLES[PROGRESS].columns.items()
    if name not in TABLES[PROGRESS].optional
}


def _slot_of(timestamp: int) -> int:
    return int(timestamp // SLOT_MS * SLOT_MS)


def _slots(batch: Batch) -> Iterator[tuple[int, int, int]]:
    """The ten minutes in which a batch's messages lie: start, offset behind the last message, newest timestamp."""
    slot_of = batch.timestamps // SLOT_MS
    order = np.argsort(slot_of, kind="stable")
    slots, first = np.unique(slot_of[order], return_index=True)
    behind = np.append(batch.offsets[:-1] + 1, batch.next_offset)
    next_offset = np.maximum.reduceat(behind[order], first)
    newest = np.maximum.reduceat(batch.timestamps[order], first)
    columns = (slots * SLOT_MS).tolist(), next_offset.tolist(), newest.tolist()
    return zip(*columns, strict=True)


def _block(table: str, columns: Mapping[str, Any]) -> Block:
    dtypes = TABLES[table].columns
    return Block(
        table, pl.DataFrame([pl.Series(n, values, dtypes[n]) for n, values in columns.items()])
    )
