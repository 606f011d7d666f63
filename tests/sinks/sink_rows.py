"""Blocks for tests, from rows that name only what matters."""

from typing import Any

import polars as pl

from sinks.block import Block
from sinks.tables import TABLES

T0 = 1_750_000_000_000  #: 2025-06-15 23:06:40 in Asia/Shanghai

DEFAULTS: dict[str, dict[str, Any]] = {
    "touches": {
        "brand_id": "b",
        "note_id": "n",
        "kind": 1,
        "user_id": "u",
        "occurred_at": T0,
        "click_id": "",
        "item_id": "",
        "surface": "",
        "promoted": False,
        "dwell_ms": None,
        "placement": "",
        "too_late": False,
        "published_at": T0,
    },
    "order_events": {
        "kind": 1,
        "brand_id": "b",
        "platform": "TAOBAO",
        "shop_id": "shop",
        "user_id": "u",
        "order_id": "o",
        "sub_order_id": "s",
        "txn_id": "t",
        "item_id": "i",
        "quantity": 1,
        "amount_fen": 100,
        "occurred_at": T0,
        "click_id": None,
        "too_late": False,
        "published_at": T0,
    },
    "journeys": {
        "brand_id": "b",
        "entry_date": 20_254,
        "note_id": "n",
        "user_id": "u",
        "entered_at": T0,
        "saved_at": None,
        "clicked_at": None,
        "purchased_at": None,
        "chain_clicked_at": None,
        "chain_purchased_at": None,
    },
    "conversions": {
        "brand_id": "b",
        "platform": "TAOBAO",
        "sub_order_id": "s",
        "order_id": "o",
        "user_id": "u",
        "shop_id": "shop",
        "item_id": "i",
        "quantity": 1,
        "click_id": None,
        "paid_at": T0,
        "newest_click_at": None,
        "newest_item_click_at": None,
        "lookback_days": 30,
        "path.occurred_at": [],
        "path.kind": [],
        "path.note_id": [],
        "path.item_id": [],
        "path.click_id": [],
        "path.promoted": [],
        "path.surface": [],
        "path_truncated": False,
        "path_incomplete": False,
        "version": 1,
    },
    "dead_letters": {
        "topic": "note-views",
        "partition": 0,
        "epoch": 0,
        "offset": 0,
        "reason": "undecodable",
        "detail": "",
        "key": None,
        "payload": None,
        "kafka_timestamp": T0,
    },
    "progress": {
        "topic": "note-views",
        "partition": 0,
        "epoch": 0,
        "slot": T0,
        "next_offset": 1,
        "end_offset": 1,
        "expired_unread": 0,
        "newest_message_at": T0,
        "newest_event_at": None,
        "event_time": None,
        "complete_until": None,
        "lookback_days": 30,
    },
}


def block(table: str, *rows: dict[str, Any]) -> Block:
    """Rows of one table; what a row does not say is as in DEFAULTS."""
    names, dtypes = DEFAULTS[table], TABLES[table].columns
    columns = {name: [(names | row)[name] for row in rows] for name in names}
    return Block(table, pl.DataFrame(columns, {name: dtypes[name] for name in names}))
