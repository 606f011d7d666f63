"""The tables as the Python side knows them: names and order of the columns that it writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

TOUCHES: Final = "touches"
ORDER_EVENTS: Final = "order_events"
JOURNEYS: Final = "journeys"
CONVERSIONS: Final = "conversions"
DEAD_LETTERS: Final = "dead_letters"

#: The Enum8 numbers of touches.kind and, without unsave, of conversions' path.kind. Touches at one
#: time are in the order of these numbers.
TOUCH_KINDS: Final[Mapping[str, int]] = MappingProxyType(
    {"view": 1, "save": 2, "unsave": 3, "click": 4}
)

#: The Enum8 numbers of order_events.kind.
ORDER_KINDS: Final[Mapping[str, int]] = MappingProxyType({"PAY": 1, "REFUND": 2})


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of one table in their order.

    optional: those that an insert may leave out, because ClickHouse fills them.
    dates: those of type Date.
    """

    name: str
    columns: tuple[str, ...]
    optional: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()


TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {
        table.name: table
        for table in (
            Table(
                TOUCHES,
                (
                    "brand_id",
                    "note_id",
                    "day",
                    "kind",
                    "user_id",
                    "occurred_at",
                    "click_id",
                    "item_id",
                    "surface",
                    "promoted",
                    "dwell_ms",
                    "placement",
                    "in_time",
                ),
                optional=frozenset({"day"}),
                dates=frozenset({"day"}),
            ),
            Table(
                ORDER_EVENTS,
                (
                    "kind",
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
                    "in_time",
                ),
            ),
            Table(
                JOURNEYS,
                (
                    "brand_id",
                    "entry_date",
                    "note_id",
                    "user_id",
                    "entered_at",
                    "saved_at",
                    "clicked_at",
                    "purchased_at",
                    "chain_clicked_at",
                    "chain_purchased_at",
                ),
                dates=frozenset({"entry_date"}),
            ),
            Table(
                CONVERSIONS,
                (
                    "brand_id",
                    "sub_order_id",
                    "order_id",
                    "user_id",
                    "shop_id",
                    "item_id",
                    "quantity",
                    "click_id",
                    "paid_at",
                    "direct",
                    "lookback_days",
                    "path.occurred_at",
                    "path.kind",
                    "path.note_id",
                    "path.item_id",
                    "path.click_id",
                    "path_truncated",
                    "path_incomplete",
                    "version",
                ),
            ),
            Table(
                DEAD_LETTERS,
                (
                    "topic",
                    "partition",
                    "offset",
                    "reason",
                    "detail",
                    "key",
                    "payload",
                    "kafka_timestamp",
                ),
            ),
        )
    }
)
