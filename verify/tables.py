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
    """

    key: tuple[str, ...]
    values: Mapping[str, str]
    day: str


def _same(*names: str) -> dict[str, str]:
    return {name: f"`{name}`" for name in names}


#: What the path of an incomplete conversion holds depends on what the state still had.
_PATH = {
    name: f"if(path_incomplete, {empty}, `{name}`)"
    for name, empty in {
        "direct": "false",
        "path_truncated": "false",
        **dict.fromkeys(
            ("path.occurred_at", "path.kind", "path.note_id", "path.item_id", "path.click_id"), "[]"
        ),
    }.items()
}

TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {
        "touches": Table(
            ("brand_id", "note_id", "day", "kind", "user_id", "occurred_at", "click_id"),
            _same("item_id", "surface", "promoted", "dwell_ms", "placement", "too_late"),
            "day",
        ),
        "order_events": Table(
            ("brand_id", "sub_order_id", "txn_id"),
            _same("kind", "shop_id", "user_id", "order_id", "item_id", "quantity", "amount_fen")
            | _same("occurred_at", "click_id", "too_late"),
            "toDate(occurred_at)",
        ),
        "journeys": Table(
            ("brand_id", "entry_date", "note_id", "user_id"),
            _same("entered_at", "saved_at", "clicked_at", "purchased_at")
            | _same("chain_clicked_at", "chain_purchased_at"),
            "entry_date",
        ),
        "conversions": Table(
            ("brand_id", "sub_order_id"),
            _same("order_id", "user_id", "shop_id", "item_id", "quantity", "click_id", "paid_at")
            | _same("lookback_days", "path_incomplete")
            | _PATH,
            "toDate(paid_at)",
        ),
        "dead_letters": Table(
            ("topic", "partition", "offset"),
            _same("reason", "kafka_timestamp") | {"key": "hex(key)", "payload": "hex(payload)"},
            "toDate(kafka_timestamp)",
        ),
    }
)
