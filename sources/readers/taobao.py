"""Taobao User Behavior (Alibaba Tianchi, data set 649): what people did with items in 2017.

Each row is `user_id,item_id,category_id,behaviour,timestamp`, the timestamp in seconds since the
Unix epoch; a first row that names the columns is let by. Its shoppers stand in for readers of notes; the
mapping is ours:

    pv    a view of the note `n<item>`, of unknown surface, not promoted, without dwell time
    fav   a save of that note
    cart  a click in that note, on the item
    buy   a payment of 1.00 yuan for one piece of the item, not ascribed to a click

A category is the brand and the shop `c<category>`. Clicks, orders, sub-orders and transactions are
called `<user>-<item>-<timestamp>`.
"""

from collections.abc import Callable
from typing import Any, Final

from schemas.topics import (
    LINK_CLICKS,
    NOTE_SAVES,
    NOTE_VIEWS,
    TAOBAO_PURCHASES,
    SourceEvent,
)

from .reading import Header, Malformed

COLUMNS: Final = ("user", "item", "category", "behaviour", "timestamp")

#: The data has no prices.
AMOUNT_FEN: Final = 100

_LONGEST_ID: Final = 64

#: 2100-01-01, in seconds.
_END_OF_TIME: Final = 4_102_444_800

Record = dict[str, Any]


def parse_user_behavior(line: bytes) -> SourceEvent:
    """The event of a row; its timestamp is None. Raises Malformed if the row is not one."""
    try:
        columns = line.decode("utf-8").split(",")
    except UnicodeDecodeError as error:
        raise Malformed(f"Byte {error.start + 1} of the line is not UTF-8.") from error
    if len(columns) != len(COLUMNS):
        raise Malformed(f"The row has {len(columns)} columns instead of {len(COLUMNS)}.")
    user, item, category, behaviour, timestamp = columns
    if not any(map(str.isdigit, "".join(columns))):
        raise Header("The row names columns, but is not the first.")
    if behaviour not in _BEHAVIOURS:
        raise Malformed(f"The behaviour is {behaviour[:64]!r} and none of {_KNOWN}.")
    seconds = _seconds(timestamp)
    name = f"{user}-{item}-{seconds}"
    # The name holds user and item, so it is usually the only one that can be too long.
    if not (user and item and category) or len(name) > _LONGEST_ID or len(category) >= _LONGEST_ID:
        raise Malformed(_bad_id(columns))
    topic, build = _BEHAVIOURS[behaviour]
    record: Record = {"user_id": f"u{user}", "occurred_at": seconds * 1000}
    build(record, item, f"c{category}", name)
    return SourceEvent(topic, record)


def _seconds(timestamp: str) -> int:
    digits = timestamp.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise Malformed(f"The timestamp is {timestamp[:64]!r} and not a whole number of seconds.")
    if len(timestamp) > 10 or not 0 <= (seconds := int(timestamp)) < _END_OF_TIME:
        raise Malformed(f"The timestamp {timestamp[:64]} is not within the years 1970 to 2099.")
    return seconds


def _bad_id(columns: list[str]) -> str:
    for name, value in zip(COLUMNS, columns, strict=True):
        if not value:
            return f"The {name} is empty."
    return f"The ids made from the row are longer than {_LONGEST_ID} characters."


def _view(record: Record, item: str, category: str, name: str) -> None:
    record["note_id"] = f"n{item}"
    record["brand_id"] = category
    record["surface"] = "OTHER"
    record["promoted"] = False
    record["dwell_ms"] = None


def _save(record: Record, item: str, category: str, name: str) -> None:
    record["note_id"] = f"n{item}"
    record["brand_id"] = category
    record["action"] = "SAVE"


def _click(record: Record, item: str, category: str, name: str) -> None:
    record["click_id"] = name
    record["note_id"] = f"n{item}"
    record["brand_id"] = category
    record["item_id"] = item
    record["placement"] = "NOTE"


def _payment(record: Record, item: str, category: str, name: str) -> None:
    record["txn_id"] = record["order_id"] = record["sub_order_id"] = name
    record["shop_id"] = record["brand_id"] = category
    record["item_id"] = item
    record["quantity"] = 1
    record["kind"] = "PAY"
    record["amount_fen"] = AMOUNT_FEN
    record["click_id"] = None


_BEHAVIOURS: Final[dict[str, tuple[str, Callable[[Record, str, str, str], None]]]] = {
    "pv": (NOTE_VIEWS, _view),
    "fav": (NOTE_SAVES, _save),
    "cart": (LINK_CLICKS, _click),
    "buy": (TAOBAO_PURCHASES, _payment),
}
_KNOWN: Final = ", ".join(_BEHAVIOURS)
