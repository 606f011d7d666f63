"""Touches and orders in ClickHouse's tables, as workers write them, and the same as plain paths."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from clickhouse_driver import Client

DAY_MS = 86_400_000
T0 = 1_750_000_000_000  #: 2025-06-15 23:06:40 in Asia/Shanghai
SHANGHAI = ZoneInfo("Asia/Shanghai")
KINDS = {"view": 1, "save": 2, "unsave": 3, "click": 4}


@dataclass(frozen=True)
class Touch:
    """days: before T0."""

    user: str
    note: str
    kind: str
    days: float
    surface: str = ""
    too_late: bool = False
    brand: str = "b"

    @property
    def at(self) -> int:
        return T0 - round(self.days * DAY_MS)

    @property
    def counts(self) -> bool:
        return self.kind != "unsave"

    @property
    def order(self) -> tuple[int, int, str, str]:
        return self.at, KINDS[self.kind], self.note, self.click_id

    @property
    def click_id(self) -> str:
        return f"c-{self.user}-{self.note}-{self.at}" if self.kind == "click" else ""


@dataclass(frozen=True)
class Order:
    """days: before T0, of its payment. crowded: its user is no person, and it has no path. incomplete: touches of it
    may not be held."""

    user: str
    days: float = 0
    paid: int = 100
    refunded: int = 0
    brand: str = "b"
    crowded: bool = False
    incomplete: bool = False

    @property
    def at(self) -> int:
        return T0 - round(self.days * DAY_MS)


def day_of(at: int) -> date:
    return datetime.fromtimestamp(at / 1000, SHANGHAI).date()


def of_days(days: float) -> date:
    """The day that lies so many days before T0."""
    return day_of(T0 - round(days * DAY_MS))


class Shop:
    """What happened. stored_days: the lookback that paths are stored with."""

    def __init__(self, touches: Iterable[Touch], orders: Iterable[Order], stored_days: int = 30):
        self.touches = sorted(set(touches), key=lambda touch: touch.order)
        self.orders = list(orders)
        self.stored_days = stored_days

    def path(self, order: Order, lookback_days: int) -> list[Touch]:
        """The touches of an order, in order."""
        return [
            touch
            for touch in self.touches
            if (touch.user, touch.brand) == (order.user, order.brand)
            and touch.counts
            and order.at - lookback_days * DAY_MS <= touch.at <= order.at
        ]

    def write(self, client: Client) -> None:
        client.execute(
            "INSERT INTO touches (brand_id, note_id, kind, user_id, occurred_at, click_id, surface, too_late) VALUES",
            [
                (t.brand, t.note, t.kind, t.user, t.at, t.click_id, t.surface, t.too_late)
                for t in self.touches
            ],
        )
        client.execute(
            "INSERT INTO conversions (brand_id, sub_order_id, user_id, paid_at, lookback_days, `path.occurred_at`,"
            " `path.kind`, `path.note_id`, `path.item_id`, `path.click_id`, path_truncated, path_incomplete, version)"
            " VALUES",
            [self._conversion(number, order) for number, order in enumerate(self.orders)],
        )
        client.execute(
            "INSERT INTO order_events (kind, brand_id, sub_order_id, txn_id, amount_fen, occurred_at) VALUES",
            [
                (kind, order.brand, f"s{number}", f"{kind}-{number}", amount, order.at)
                for number, order in enumerate(self.orders)
                for kind, amount in (("PAY", order.paid), ("REFUND", order.refunded))
            ],
        )

    def _conversion(self, number: int, order: Order) -> tuple[Any, ...]:
        path = [] if order.crowded else self.path(order, self.stored_days)
        return (
            *(order.brand, f"s{number}", order.user, order.at, self.stored_days),
            *([getattr(touch, name) for touch in path] for name in ("at", "kind", "note")),
            *([""] * len(path), [touch.click_id for touch in path], order.crowded),
            *(order.incomplete, 1),
        )

    def paths(
        self,
        channel: Callable[[Touch], str],
        lookback_days: int = 30,
        since: date = date.min,
        until: date = date.max,
        brand: str = "b",
    ) -> tuple[list[tuple[list[str], Order]], list[list[str]]]:
        """The channels of each order in the days, and those of each user with other touches in the days."""
        orders = [order for order in self.orders if order.brand == brand]
        sold = [
            ([channel(touch) for touch in self.path(order, lookback_days)], order)
            for order in orders
            if since <= day_of(order.at) <= until
        ]
        led_on = {touch for order in orders for touch in self.path(order, lookback_days)}
        unsold: dict[str, list[str]] = {}
        for touch in self.touches:
            in_scope = touch.brand == brand and since <= day_of(touch.at) <= until
            if touch.counts and in_scope and touch not in led_on:
                unsold.setdefault(touch.user, []).append(channel(touch))
        return sold, list(unsold.values())

    def surface(self, touch: Touch) -> str:
        """Where its user last viewed its note."""
        viewed = [
            view.surface
            for view in self.touches
            if view.kind == "view"
            and view.counts
            and (view.user, view.note, view.brand) == (touch.user, touch.note, touch.brand)
            and view.at <= touch.at
        ]
        return viewed[-1] if viewed else "OTHER"


def ago(**parts: float) -> float:
    """A duration in days."""
    return timedelta(**parts) / timedelta(days=1)
