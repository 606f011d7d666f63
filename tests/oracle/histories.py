"""Random histories of a few users: little to choose from, so that equal times and exact bounds do occur."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from oracle.messages import Message, damaged, encoded
from oracle.records import DAY, but, click, pay, refund, save, unsave, view
from schemas.rejects import Reason
from schemas.topics import SourceEvent
from streams.timeunits import NO_TIMESTAMP, day_start_ms, shanghai_day

#: 2024-01-31 22:00 in Asia/Shanghai: the end of a day and of a month are near.
START = 1_706_709_600_000
NOTES = {"b1": ("n1", "n2"), "b2": ("n3", "n4")}
ITEMS = {"b1": ("i1", "i2"), "b2": ("i3", "i4")}
SURFACES = ("EXPLORE", "SEARCH", "FOLLOWING", "PROFILE", "OTHER")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a history is like.

    events: per user, about.
    span_days: over which the events lie.
    lookback_days, lateness_days: where interesting instants are.
    again: share of events that are stamped again. pays_again: payments, too, of which the facts have one time only.
    """

    users: int
    events: int
    span_days: int
    lookback_days: int
    lateness_days: int = 3
    again: float = 0.08
    pays_again: bool = True


def instants(rng: Random, shape: Shape, anchors: int) -> list[int]:
    """A few instants, the bounds that lie at some days' distance from each, and those one millisecond beside."""
    found = []
    for _ in range(anchors):
        anchor = START + rng.randrange(shape.span_days * DAY)
        day = shanghai_day(anchor)
        at = [
            anchor,
            anchor - shape.lookback_days * DAY,
            anchor - shape.lateness_days * DAY,
            day_start_ms(day),
            day_start_ms(day + 1),
            day_start_ms(day + 1 + shape.lookback_days),
            anchor - rng.randrange(shape.lookback_days * DAY),
            anchor + rng.randrange(shape.lookback_days * DAY),
        ]
        found += [time + beside for time in at for beside in (-1, 0, 0, 1)]
    return found


def history(rng: Random, shape: Shape) -> list[SourceEvent]:
    """Events of all kinds, in no order. A user's times are drawn from the user's own instants.

    Some come again with another time, under the same id.
    """
    common = instants(rng, shape, 3)
    events = []
    for user in range(shape.users):
        times = rng.sample(common, 8) + rng.sample(instants(rng, shape, 3), 16)
        shopper = _Shopper(rng, f"user-{user}", times, shape)
        events += [shopper.act() for _ in range(rng.randint(1, 2 * shape.events))]
    return events


class _Shopper:
    """One user who does random things at some times."""

    def __init__(self, rng: Random, user_id: str, times: Sequence[int], shape: Shape) -> None:
        self.rng = rng
        self.user_id = user_id
        self.times = times
        self.shape = shape
        self.brands = rng.choice([["b1"], ["b1"], ["b1", "b2"]])
        self.sub_orders: dict[str, str] = {}
        #: Clicks, payments and refunds: their ids tell which they are, and not their times.
        self.by_id: list[SourceEvent] = []

    def act(self) -> SourceEvent:
        at = self.rng.choice(self.times)
        known = [one for one in self.by_id if self.shape.pays_again or "txn_id" not in one.record]
        if known and self.rng.random() < self.shape.again:
            return replace(but(self.rng.choice(known), occurred_at=at), timestamp=at)
        do = self.rng.choices(
            [self._view, self._save, self._unsave, self._click, self._pay, self._refund],
            [40, 16, 4, 16, 20, 4],
        )[0]
        return do(at, self.rng.choice(self.brands))

    def _view(self, at: int, brand: str) -> SourceEvent:
        # All but the identity hangs on the identity: one identity has one content.
        note = self.rng.choice(NOTES[brand])
        fields = {
            "surface": SURFACES[at % 7 % len(SURFACES)],
            "promoted": bool(at % 2),
            "dwell_ms": at % 1000 if at % 3 else None,
        }
        return self._mine(view(at, note, **fields), brand)

    def _save(self, at: int, brand: str) -> SourceEvent:
        return self._mine(save(at, self.rng.choice(NOTES[brand])), brand)

    def _unsave(self, at: int, brand: str) -> SourceEvent:
        return self._mine(unsave(at, self.rng.choice(NOTES[brand])), brand)

    def _click(self, at: int, brand: str) -> SourceEvent:
        item = self.rng.choice(ITEMS[brand])
        note = self.rng.choice(NOTES[brand])
        return self._with_id(click(at, note, item_id=item, click_id=self._id()), brand)

    def _pay(self, at: int, brand: str) -> SourceEvent:
        return self._order_line(pay(at, txn_id=self._id()), brand)

    def _refund(self, at: int, brand: str) -> SourceEvent:
        # A transaction may have a payment and a refund.
        paid = self._transactions("PAY") - self._transactions("REFUND")
        same = self.rng.choice(sorted(paid)) if paid and self.rng.random() < 0.3 else None
        return self._order_line(refund(at, txn_id=same or self._id()), brand)

    def _transactions(self, kind: str) -> set[str]:
        return {one.record["txn_id"] for one in self.by_id if one.record.get("kind") == kind}

    def _order_line(self, event: SourceEvent, brand: str) -> SourceEvent:
        mine = [sub_order for sub_order, of in self.sub_orders.items() if of == brand]
        sub_order = self.rng.choice(mine) if mine and self.rng.random() < 0.4 else self._id()
        self.sub_orders[sub_order] = brand
        fields = {
            "sub_order_id": sub_order,
            "order_id": self._id(),
            "item_id": self.rng.choice(ITEMS[brand]),
            "quantity": self.rng.randint(1, 3),
            "amount_fen": self.rng.randrange(10_000),
            "click_id": self.rng.choice([None, "c"]),
        }
        return self._with_id(but(event, **fields), brand)

    def _with_id(self, event: SourceEvent, brand: str) -> SourceEvent:
        self.by_id.append(self._mine(event, brand))
        return self.by_id[-1]

    def _mine(self, event: SourceEvent, brand: str) -> SourceEvent:
        return but(event, user_id=self.user_id, brand_id=brand)

    def _id(self) -> str:
        """Random, so that its order has nothing to do with the order of events."""
        return f"{self.rng.getrandbits(64):x}"


def published(rng: Random, events: Sequence[SourceEvent]) -> list[Message]:
    """Messages in the order of the events, some twice or thrice, and some bad ones among them."""
    messages = []
    for number, event in enumerate(events):
        messages.append(encoded(event))
        if rng.random() < 0.1:
            again = rng.choice(events[max(0, number - 50) : number + 1])
            messages.append(
                replace(encoded(again), timestamp=max(again.timestamp, event.timestamp))
            )
        if rng.random() < 0.03:
            messages.append(_bad(rng, event))
    return messages


def _bad(rng: Random, event: SourceEvent) -> Message:
    day = event.record["occurred_at"]
    ways = [
        *(lambda reason=reason: damaged(event, reason) for reason in _UNDECODABLE),
        lambda: encoded(but(event, brand_id="")),
        lambda: encoded(but(event, user_id="用" * 65)),
        lambda: encoded(but(event, occurred_at=-1)),
        lambda: replace(encoded(but(event, occurred_at=day + DAY + 1)), timestamp=day),
        lambda: replace(encoded(event), timestamp=NO_TIMESTAMP),
        lambda: replace(encoded(but(event, occurred_at=day + 300 * DAY)), timestamp=day),
    ]
    if "amount_fen" in event.record:
        ways += [
            lambda: encoded(but(event, amount_fen=-1)),
            lambda: encoded(but(event, quantity=0)),
            lambda: encoded(but(event, kind="OTHER")),
        ]
    if "action" in event.record:
        ways.append(lambda: encoded(but(event, action="OTHER")))
    return rng.choice(ways)()


_UNDECODABLE = (Reason.NOT_WIRE_FORMAT, Reason.UNKNOWN_SCHEMA, Reason.UNDECODABLE)


def crowds(rng: Random) -> dict[str, int]:
    """Settings by which some users are crowded; of half of the histories nobody is."""
    sub_orders, touches = rng.choice([(5_000, 100_000)] * 3 + [(1, 100), (2, 5), (100, 3)])
    return {"crowded_sub_orders": sub_orders, "crowded_touches": touches}


def by_arrival(rng: Random, events: Sequence[SourceEvent], lateness_days: int) -> list[SourceEvent]:
    """The events about in the order in which they occurred: some come later, and some too late."""

    def arrival(event: SourceEvent) -> int:
        occurred_at: int = event.record["occurred_at"]
        delay = rng.choices(
            [0, rng.randrange(DAY), lateness_days * DAY, rng.randrange((lateness_days + 60) * DAY)],
            [60, 20, 10, 10],
        )[0]
        return occurred_at + delay

    return sorted(events, key=arrival)
