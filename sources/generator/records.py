"""From columns of numbers to the records of the contracts."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from schemas.topics import (
    LINK_CLICKS,
    NOTE_SAVES,
    NOTE_VIEWS,
    SOURCE_TOPICS,
    TAOBAO_PURCHASES,
    SourceEvent,
)

from .arrivals import FLAWS, Arrivals
from .clock import DAY_MS, SHANGHAI_OFFSET_MS
from .draws import Ints
from .orders import PURCHASE_KINDS, Orders
from .touches import NO_DWELL, PLACEMENTS, SAVE_ACTIONS, SURFACES, Touches
from .world import World, scatter, seed_space

Record = dict[str, Any]

#: Rows whose records are in memory at a time.
_CHUNK: Final = 16_384
_TOO_LONG: Final = "x" * 65
_BAD_AMOUNTS: Final[dict[str, Record]] = {
    NOTE_VIEWS: {"note_id": ""},  # there is no amount in it
    NOTE_SAVES: {"note_id": ""},
    LINK_CLICKS: {"click_id": ""},
    TAOBAO_PURCHASES: {"amount_fen": -1, "quantity": 0},
}


class Emitter:
    """Builds the events of a world; they are numbered views first, then saves, clicks, orders."""

    def __init__(self, world: World, touches: Touches, orders: Orders, seed: int) -> None:
        self._world = world
        self._touches = touches
        self._orders = orders
        self._seed = seed
        self._builders: dict[str, Callable[[Ints], list[Record]]] = {
            NOTE_VIEWS: self._views,
            NOTE_SAVES: self._saves,
            LINK_CLICKS: self._clicks,
            TAOBAO_PURCHASES: self._purchases,
        }
        counts = [len(column) for column in self._times()]
        self._starts = np.concatenate([[0], np.cumsum(counts)])

    def occurred_at(self) -> Ints:
        """When each event occurred, in ms, by its number."""
        return np.concatenate(self._times())

    def emit(self, arrivals: Arrivals) -> Iterator[SourceEvent]:
        """Yield the events in order of arrival."""
        for start in range(0, len(arrivals.event), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            events = self._build(arrivals.event[chunk], arrivals.at[chunk])
            for row in np.flatnonzero(arrivals.flaw[chunk]).tolist():
                spoil(events[row], FLAWS[int(arrivals.flaw[start + row])])
            yield from events

    def _times(self) -> list[Ints]:
        touches = self._touches
        return [touches.views.at, touches.saves.at, touches.clicks.at, self._orders.at]

    def _build(self, numbers: Ints, timestamps: Ints) -> list[SourceEvent]:
        events: dict[int, SourceEvent] = {}
        for index, topic in enumerate(SOURCE_TOPICS):
            low, high = self._starts[index], self._starts[index + 1]
            places = np.flatnonzero((numbers >= low) & (numbers < high))
            records = self._builders[topic](numbers[places] - low)
            stamps = timestamps[places].tolist()
            for place, record, stamp in zip(places.tolist(), records, stamps, strict=True):
                events[place] = SourceEvent(topic, record, stamp)
        return [events[place] for place in range(len(numbers))]

    def _views(self, rows: Ints) -> list[Record]:
        world, views = self._world, self._touches.views
        note = views.note[rows]
        columns = (
            views.user[rows].tolist(),
            views.at[rows].tolist(),
            note.tolist(),
            world.note_brand[note].tolist(),
            views.surface[rows].tolist(),
            views.promoted[rows].tolist(),
            views.dwell_ms[rows].tolist(),
        )
        return [
            {
                "user_id": world.user_ids[user],
                "occurred_at": at,
                "note_id": world.note_ids[note],
                "brand_id": world.brand_ids[brand],
                "surface": SURFACES[surface],
                "promoted": promoted == 1,
                "dwell_ms": None if dwell == NO_DWELL else dwell,
            }
            for user, at, note, brand, surface, promoted, dwell in zip(*columns, strict=True)
        ]

    def _saves(self, rows: Ints) -> list[Record]:
        world, saves = self._world, self._touches.saves
        note = saves.note[rows]
        columns = (
            saves.user[rows].tolist(),
            saves.at[rows].tolist(),
            note.tolist(),
            world.note_brand[note].tolist(),
            saves.action[rows].tolist(),
        )
        return [
            {
                "user_id": world.user_ids[user],
                "occurred_at": at,
                "note_id": world.note_ids[note],
                "brand_id": world.brand_ids[brand],
                "action": SAVE_ACTIONS[action],
            }
            for user, at, note, brand, action in zip(*columns, strict=True)
        ]

    def _clicks(self, rows: Ints) -> list[Record]:
        world, clicks = self._world, self._touches.clicks
        note = clicks.note[rows]
        columns = (
            clicks.user[rows].tolist(),
            clicks.at[rows].tolist(),
            _click_ids(rows, self._seed),
            note.tolist(),
            world.note_brand[note].tolist(),
            clicks.item[rows].tolist(),
            clicks.placement[rows].tolist(),
        )
        return [
            {
                "user_id": world.user_ids[user],
                "occurred_at": at,
                "click_id": click,
                "note_id": world.note_ids[note],
                "brand_id": world.brand_ids[brand],
                "item_id": world.item_ids[item],
                "placement": PLACEMENTS[placement],
            }
            for user, at, click, note, brand, item, placement in zip(*columns, strict=True)
        ]

    def _purchases(self, rows: Ints) -> list[Record]:
        world, orders = self._world, self._orders
        item = orders.item[rows]
        columns = (
            orders.user[rows].tolist(),
            orders.at[rows].tolist(),
            _transaction_ids(rows, orders.at[rows], self._seed),
            orders.order[rows].tolist(),
            orders.sub_order[rows].tolist(),
            (item // world.items_per_brand).tolist(),
            item.tolist(),
            orders.quantity[rows].tolist(),
            orders.kind[rows].tolist(),
            orders.amount_fen[rows].tolist(),
            _click_ids(orders.click[rows], self._seed),
        )
        return [
            {
                "user_id": world.user_ids[user],
                "occurred_at": at,
                "txn_id": txn,
                "order_id": str(order),
                "sub_order_id": str(sub_order),
                "shop_id": world.shop_ids[brand],
                "brand_id": world.brand_ids[brand],
                "item_id": world.item_ids[item],
                "quantity": quantity,
                "kind": PURCHASE_KINDS[kind],
                "amount_fen": amount,
                "click_id": click,
            }
            for (
                user,
                at,
                txn,
                order,
                sub_order,
                brand,
                item,
                quantity,
                kind,
                amount,
                click,
            ) in zip(*columns, strict=True)
        ]


def spoil(event: SourceEvent, flaw: str) -> None:
    """Break one rule of the event's record, so that it can be decoded but not be used."""
    if flaw == "empty_id":
        event.record["user_id"] = ""
    elif flaw == "long_id":
        event.record["brand_id"] = _TOO_LONG
    elif flaw == "bad_amount":
        event.record.update(_BAD_AMOUNTS[event.topic])
    # "future" is done already: such an event arrives long before it occurs.


def _click_ids(clicks: Ints, seed: int) -> list[str | None]:
    """An id by number, None for NO_CLICK."""
    ids = scatter(clicks + seed_space(seed, 2**20) * 2**40).tolist()
    return [
        None if click < 0 else f"clk-{number:016x}"
        for click, number in zip(clicks.tolist(), ids, strict=True)
    ]


def _transaction_ids(rows: Ints, at: Ints, seed: int) -> list[str]:
    """28 digits as Alipay's: the day, a constant and a running number."""
    first = seed_space(seed, 10**5) * 10**10
    days = (at + SHANGHAI_OFFSET_MS) // DAY_MS
    dates = np.datetime_as_string(days.astype("datetime64[D]"))
    return [
        f"{str(date).replace('-', '')}22001{first + row:015d}"
        for date, row in zip(dates, rows.tolist(), strict=True)
    ]
