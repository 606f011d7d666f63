"""The tables that are compared: what makes a row, and what stands in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    key: the columns of which there is one row.
    values: name → SQL of what is compared beside the key.
    day: SQL of the day, Asia/Shanghai, by which a row falls into the days that are asked for.
    source: SQL of its rows, once merged, in the database that is checked.
    """

    key: tuple[str, ...]
    values: Mapping[str, str]
    day: str
    source: str


def _same(*names: str) -> dict[str, str]:
    return {name: f"`{name}`" for name in names}


#: Tables whose rows may lack late events that no rebuild has joined.
LATE_ROWS: Final = ("journeys", "conversions")

TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {
        "touches": Table(
            ("brand_id", "note_id", "day", "kind", "user_id", "occurred_at", "click_id"),
            _same("item_id", "surface", "promoted", "dwell_ms", "placement", "too_late")
            | _same("published_at"),
            "day",
            # The view has a click that was stamped again but once.
            "touches FINAL",
        ),
        "order_events": Table(
            ("brand_id", "platform", "sub_order_id", "txn_id", "kind"),
            _same("shop_id", "user_id", "order_id", "item_id", "quantity", "amount_fen")
            | _same("occurred_at", "click_id", "too_late", "published_at"),
            "toDate(occurred_at)",
            "order_events FINAL",
        ),
        "journeys": Table(
            ("brand_id", "entry_date", "note_id", "user_id"),
            _same("entered_at", "saved_at", "clicked_at", "purchased_at")
            | _same("chain_clicked_at", "chain_purchased_at"),
            "entry_date",
            "current_journeys",
        ),
        "conversions": Table(
            ("brand_id", "platform", "sub_order_id"),
            _same("order_id", "user_id", "shop_id", "item_id", "quantity", "click_id", "paid_at")
            | _same("newest_click_at", "newest_item_click_at", "lookback_days")
            | _same("path.occurred_at", "path.kind", "path.note_id", "path.item_id")
            | _same("path.click_id", "path.promoted", "path.surface")
            | _same("path_truncated", "path_incomplete", "version"),
            "toDate(paid_at)",
            # The view has the clicks that orders name, whoever clicked, and no version.
            "conversions FINAL",
        ),
        "dead_letters": Table(
            ("topic", "partition", "epoch", "offset"),
            _same("reason", "kafka_timestamp") | {"key": "hex(key)", "payload": "hex(payload)"},
            "toDate(kafka_timestamp)",
            "dead_letters FINAL",
        ),
    }
)
