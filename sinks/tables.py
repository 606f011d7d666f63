"""The tables as the Python side knows them: names, order and types of the columns that it writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import polars as pl

TOUCHES: Final = "touches"
#: Fed by ClickHouse from touches.
CLICKS: Final = "clicks"
ORDER_EVENTS: Final = "order_events"
JOURNEYS: Final = "journeys"
CONVERSIONS: Final = "conversions"
DEAD_LETTERS: Final = "dead_letters"
PROGRESS: Final = "progress"

#: The Enum8 numbers of touches.kind and, without unsave, of conversions' path.kind. Touches at one
#: time are in the order of these numbers.
TOUCH_KINDS: Final[Mapping[str, int]] = MappingProxyType(
    {"view": 1, "save": 2, "unsave": 3, "click": 4}
)

#: The Enum8 numbers of order_events.kind.
ORDER_KINDS: Final[Mapping[str, int]] = MappingProxyType({"PAY": 1, "REFUND": 2})

#: What stands for the touch of an order that has none, and its Enum8 number.
ORGANIC: Final = {"organic": 0}
#: The same for an order that may have had some: its path is incomplete, or was cut (docs/definitions.md §5, §10.2).
UNKNOWN: Final = {"unknown": 7}

#: The Enum8 numbers of how an order came.
VIA: Final = ORGANIC | {"direct": 1, "click_halo": 2, "view_through": 3} | UNKNOWN

#: Why a touch is in a path of the views: it is the buyer's own, or the order names it; 2 is kept for linked accounts.
EVIDENCE: Final = {"own": 1, "named": 3}

#: The models of the view credits_by_model whose credits add up to what was sold, and the one whose credits do not.
MODELS: Final = ("first", "last", "last_click", "linear", "position", "time_decay")
FULL: Final = "full"


def enum8(numbers: Mapping[str, int]) -> str:
    """The type of a column with these names and numbers, as ClickHouse writes it."""
    members = ", ".join(f"'{name}' = {number}" for name, number in numbers.items())
    return f"Enum8({members})"


#: Ticks of DateTime64(3): ms since the Unix epoch.
_TIME = pl.Int64()
#: The number of an Enum8.
_ENUM = pl.Int8()


@dataclass(frozen=True, slots=True)
class Table:
    """One table. columns: in their order, with the types that a block has them in.

    optional: columns that an insert may leave out, because ClickHouse fills them.
    """

    name: str
    columns: Mapping[str, pl.DataType]
    optional: frozenset[str] = frozenset()


TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {
        table.name: table
        for table in (
            Table(
                TOUCHES,
                {
                    "brand_id": pl.String(),
                    "note_id": pl.String(),
                    "day": pl.Date(),
                    "kind": _ENUM,
                    "user_id": pl.String(),
                    "occurred_at": _TIME,
                    "click_id": pl.String(),
                    "item_id": pl.String(),
                    "surface": pl.String(),
                    "promoted": pl.Boolean(),
                    "dwell_ms": pl.Int32(),
                    "placement": pl.String(),
                    "too_late": pl.Boolean(),
                    "published_at": _TIME,
                },
                optional=frozenset({"day"}),
            ),
            Table(
                ORDER_EVENTS,
                {
                    "kind": _ENUM,
                    "brand_id": pl.String(),
                    "platform": pl.String(),
                    "shop_id": pl.String(),
                    "user_id": pl.String(),
                    "order_id": pl.String(),
                    "sub_order_id": pl.String(),
                    "txn_id": pl.String(),
                    "item_id": pl.String(),
                    "quantity": pl.Int32(),
                    "amount_fen": pl.Int64(),
                    "occurred_at": _TIME,
                    "click_id": pl.String(),
                    "too_late": pl.Boolean(),
                    "published_at": _TIME,
                },
            ),
            Table(
                JOURNEYS,
                {
                    "brand_id": pl.String(),
                    "entry_date": pl.Date(),
                    "note_id": pl.String(),
                    "user_id": pl.String(),
                    "entered_at": _TIME,
                    "saved_at": _TIME,
                    "clicked_at": _TIME,
                    "purchased_at": _TIME,
                    "chain_clicked_at": _TIME,
                    "chain_purchased_at": _TIME,
                },
            ),
            Table(
                CONVERSIONS,
                {
                    "brand_id": pl.String(),
                    "platform": pl.String(),
                    "sub_order_id": pl.String(),
                    "order_id": pl.String(),
                    "user_id": pl.String(),
                    "shop_id": pl.String(),
                    "item_id": pl.String(),
                    "quantity": pl.Int32(),
                    "click_id": pl.String(),
                    "paid_at": _TIME,
                    "newest_click_at": _TIME,
                    "newest_item_click_at": _TIME,
                    "lookback_days": pl.UInt16(),
                    "path.occurred_at": pl.List(_TIME),
                    "path.kind": pl.List(_ENUM),
                    "path.note_id": pl.List(pl.String()),
                    "path.item_id": pl.List(pl.String()),
                    "path.click_id": pl.List(pl.String()),
                    "path.promoted": pl.List(pl.Boolean()),
                    "path.surface": pl.List(pl.String()),
                    "path_truncated": pl.Boolean(),
                    "path_incomplete": pl.Boolean(),
                    "version": pl.UInt128(),
                },
            ),
            Table(
                DEAD_LETTERS,
                {
                    "topic": pl.String(),
                    "partition": pl.Int32(),
                    "epoch": pl.UInt16(),
                    "offset": pl.Int64(),
                    "reason": pl.String(),
                    "detail": pl.String(),
                    "key": pl.Binary(),
                    "payload": pl.Binary(),
                    "kafka_timestamp": _TIME,
                },
            ),
            Table(
                PROGRESS,
                {
                    "topic": pl.String(),
                    "partition": pl.Int32(),
                    "epoch": pl.UInt16(),
                    "slot": _TIME,
                    "next_offset": pl.Int64(),
                    "end_offset": pl.Int64(),
                    "expired_unread": pl.Int64(),
                    "newest_message_at": _TIME,
                    "newest_event_at": _TIME,
                    "event_time": _TIME,
                    "complete_until": _TIME,
                    "processed_at": _TIME,
                    "lookback_days": pl.UInt16(),
                },
                optional=frozenset({"processed_at"}),
            ),
        )
    }
)
