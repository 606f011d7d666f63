"""Conversions: a sub-order and the path of touches that led to it (docs/definitions.md §4)."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from streams.history import Payment, SubOrder, Touch, Trigger
from streams.join.windows import Touches
from streams.kinds import Kind
from streams.state.keys import bucket_of
from streams.timeunits import DAY_MS

_PAY = Kind.PAY
#: What crowded conversions have instead of a number of events: the greatest that there is.
_CROWDED = (1 << 64) - 1


#: From a time on, and before another, ms.
Gap = tuple[int, int]


class Conversion(NamedTuple):
    """One row of `conversions`, at grain sub-order. paid_at in ms.

    newest_click_at, newest_item_click_at: in the window, also of what was cut from the path; on any item of the brand,
    and on the one that was paid; ms.
    path: oldest first.
    version: the greater one stands; see `version_of`.
    """

    user_id: str
    brand_id: str
    payment: Payment
    newest_click_at: int | None
    newest_item_click_at: int | None
    path: Sequence[Touch]
    path_truncated: bool
    path_incomplete: bool
    version: int


class Owner(NamedTuple):
    """Whose conversions they are, and by which rules they are made.

    lookback_days: how far before a payment a touch counts.
    crowded: the buckets that are (`streams.state.crowds`).
    """

    user_id: str
    brand_id: str
    lookback_days: int
    crowded: Collection[int] = ()

    @property
    def lookback_ms(self) -> int:
        """The same in ms."""
        return self.lookback_days * DAY_MS

    def in_a_crowd(self, paid_at: int) -> bool:
        """Does the window of a sub-order meet a crowded bucket?"""
        first, last = bucket_of(paid_at - self.lookback_ms), bucket_of(paid_at)
        return any(first <= bucket <= last for bucket in self.crowded)


def conversions(
    owner: Owner,
    touches: Touches,
    payments: Sequence[Payment],
    triggers: Collection[Trigger],
    gaps: Sequence[Gap],
) -> Iterator[Conversion]:
    """The conversions that the triggers change, each computed whole, in the order of payments.

    A PAY changes what it is the earliest of: a later one leaves the row as it is. A touch changes those in whose window
    it lies, unless that is crowded.

    payments: in their order.
    gaps: times of which touches may be missing.
    """
    if not payments:
        return
    paid = {(one.sub_order, one.occurred_at) for one in triggers if one.kind is _PAY}
    touched = sorted(one.occurred_at for one in triggers if one.kind is not _PAY)
    for deciding in _deciding(payments):
        sub_order, paid_at = deciding[0].sub_order, deciding[0].occurred_at
        since = paid_at - owner.lookback_ms
        at = bisect_left(touched, since)
        if (sub_order, paid_at) in paid:
            if owner.in_a_crowd(paid_at):
                yield _crowded(owner, deciding[0])
                continue
        elif at == len(touched) or touched[at] > paid_at or owner.in_a_crowd(paid_at):
            continue
        incomplete = any(since < behind and first <= paid_at for first, behind in gaps)
        yield _conversion(owner, deciding, touches, incomplete)


def crowded_conversions(owner: Owner, payments: Iterable[Payment]) -> Iterator[Conversion]:
    """The conversions that are crowded: no touch is needed for them.

    payments: in their order, with all that a sub-order has at the time of its earliest.
    """
    for deciding in _deciding(payments):
        if owner.in_a_crowd(deciding[0].occurred_at):
            yield _crowded(owner, deciding[0])


def _deciding(payments: Iterable[Payment]) -> Iterable[list[Payment]]:
    """The earliest payments of each sub-order: more than one only at equal times.

    Later ones leave a conversion as it is, and its window is not read whole for them.
    """
    found: dict[SubOrder, list[Payment]] = {}
    for payment in payments:
        earliest = found.setdefault(payment.sub_order, [])
        if not earliest or earliest[0].occurred_at == payment.occurred_at:
            earliest.append(payment)
    return found.values()


def _conversion(
    owner: Owner, payments: Sequence[Payment], touches: Touches, incomplete: bool
) -> Conversion:
    paid = payments[0]
    found = touches.window(paid.occurred_at - owner.lookback_ms, paid.occurred_at, paid.item_id)
    return Conversion(
        user_id=owner.user_id,
        brand_id=owner.brand_id,
        payment=paid,
        newest_click_at=found.newest_click_at,
        newest_item_click_at=found.newest_item_click_at,
        path=found.path,
        path_truncated=found.cut,
        path_incomplete=incomplete,
        version=version_of(
            paid.occurred_at, len(payments) + found.events, not incomplete, owner.lookback_days
        ),
    )


def _crowded(owner: Owner, paid: Payment) -> Conversion:
    """An order in a crowd: nobody can say what brought it, whatever is known."""
    return Conversion(
        user_id=owner.user_id,
        brand_id=owner.brand_id,
        payment=paid,
        newest_click_at=None,
        newest_item_click_at=None,
        path=(),
        path_truncated=True,
        path_incomplete=False,
        version=version_of(paid.occurred_at, _CROWDED, True, owner.lookback_days),
    )


def version_of(paid_at: int, events: int, complete: bool, lookback_days: int) -> int:
    """A version that only grows as the set of events behind a conversion grows, and says nothing else: UInt128.

    From the high bits down:
    - the earlier paid_at (47 bits): an earlier PAY takes the conversion over, and a balance paid after its
      deposit has left the state cannot take it back;
    - events (64 bits): how many there are, its PAYs at paid_at and the touches in its window, those that were cut from
      the path, too. Whoever writes a row has a subset of the events there are, and a proper subset has fewer. A
      crowded row has the greatest number;
    - complete (1 bit): of two rows of as many events that stands which has missed none;
    - lookback_days (16 bits).
    """
    return ((1 << 47) - 1 - paid_at) << 81 | events << 17 | int(complete) << 16 | lookback_days
