"""Events for tests: only what a test is about has to be said."""

from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from schemas.topics import LINK_CLICKS, NOTE_SAVES, NOTE_VIEWS, TAOBAO_PURCHASES, SourceEvent

SECOND = 1_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR

_numbers = count()


def at(text: str) -> int:
    """ms since the Unix epoch of a time in Asia/Shanghai, as in "2024-06-18 20:00"."""
    return round(
        datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000
    )


def event(topic: str, occurred_at: int, **fields: Any) -> SourceEvent:
    """An event that reached Kafka when it occurred."""
    defaults = {"user_id": "u1", "brand_id": "b1", "occurred_at": occurred_at}
    return SourceEvent(topic, defaults | fields, occurred_at)


def view(occurred_at: int, note_id: str = "n1", **fields: Any) -> SourceEvent:
    rest = {"surface": "EXPLORE", "promoted": False}
    return event(NOTE_VIEWS, occurred_at, note_id=note_id, **rest | fields)


def save(occurred_at: int, note_id: str = "n1", **fields: Any) -> SourceEvent:
    return event(NOTE_SAVES, occurred_at, **{"note_id": note_id, "action": "SAVE"} | fields)


def unsave(occurred_at: int, note_id: str = "n1", **fields: Any) -> SourceEvent:
    return save(occurred_at, note_id, action="UNSAVE", **fields)


def click(occurred_at: int, note_id: str = "n1", **fields: Any) -> SourceEvent:
    rest = {"click_id": f"c{next(_numbers)}", "item_id": "i1", "placement": "NOTE"}
    return event(LINK_CLICKS, occurred_at, note_id=note_id, **rest | fields)


def pay(occurred_at: int, sub_order_id: str = "s1", **fields: Any) -> SourceEvent:
    rest = {
        "txn_id": f"t{next(_numbers)}",
        "order_id": f"o-{sub_order_id}",
        "sub_order_id": sub_order_id,
        "shop_id": "shop",
        "item_id": "i1",
        "quantity": 1,
        "kind": "PAY",
        "amount_fen": 9900,
        "click_id": None,
    }
    return event(TAOBAO_PURCHASES, occurred_at, **rest | fields)


def refund(occurred_at: int, sub_order_id: str = "s1", **fields: Any) -> SourceEvent:
    return pay(occurred_at, sub_order_id, kind="REFUND", **fields)


def but(event: SourceEvent, **fields: Any) -> SourceEvent:
    """The same event with other values in some fields."""
    return replace(event, record=event.record | fields)
