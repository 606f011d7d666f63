"""Conversions: a sub-order and the path of touches that led to it."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from streams.history import History, Payment, Touch, Trigger
from streams.join.windows import MAX_PATH, Windows
from streams.kinds import Kind
from streams.state.keys import bucket_of

_PAY = Kind.PAY
#: Ranks of crowded conversions are greater than all others: no sum of four offsets comes near.
_CROWDED_RANK = 1 << 63


class Conversion(NamedTuple):
    """One row of `conversions`, at grain sub-order. paid_at in ms.

    direct: the path has a click on the item that was paid.
    path: oldest first.
    version: the greater one stands; see `version_of`.
    """

    user_id: str
    brand_id: str
    payment: Payment
    direct: bool
    path: Sequence[Touch]
    path_truncated: bool
    path_incomplete: bool
    version: int


class Owner(NamedTuple):
    """Whose conversions they are, and by which rules they are made.

    lookback_ms: how far before a payment a touch counts.
    epoch: see `version_of`.
    crowded: the buckets that are (`streams.state.crowds`).
    """

    user_id: str
    brand_id: str
    lookback_ms: int
    epoch: int
    crowded: Collection[int] = ()

    def in_a_crowd(self, paid_at: int) -> bool:
        """Does the window of a sub-order meet a crowded bucket?"""
        first, last = bucket_of(paid_at - self.lookback_ms), bucket_of(paid_at)
        return any(first <= bucket <= last for bucket in self.crowded)


def conversions(
    owner: Owner,
    history: History,
    triggers: Collection[Trigger],
    known_since: int,
    windows: Windows,
) -> Iterator[Conversion]:
    """The conversions that the triggers change, each computed whole from the history, in the order of payments.

    A PAY changes what it is the earliest of: a later one leaves the row as it is. A touch changes those in whose window
    it lies, unless that is crowded.

    known_since: the history has every touch from this time on (ms) and perhaps not those before.
    windows: over its touches.
    """
    if not history.payments:
        return
    paid = {(one.sub_order_id, one.occurred_at) for one in triggers if one.kind is _PAY}
    touched = sorted(one.occurred_at for one in triggers if one.kind is not _PAY)
    for payments in _deciding(history.payments):
        sub_order, paid_at = payments[0].sub_order_id, payments[0].occurred_at
        since = paid_at - owner.lookback_ms
        at = bisect_left(touched, since)
        if (sub_order, paid_at) in paid:
            if owner.in_a_crowd(paid_at):
                yield _crowded(owner, payments)
                continue
        elif at == len(touched) or touched[at] > paid_at or owner.in_a_crowd(paid_at):
            continue
        windows.move(since, paid_at)
        yield _conversion(owner, payments, windows, payments[0].too_late or since < known_since)


def crowded_conversions(owner: Owner, payments: Iterable[Payment]) -> Iterator[Conversion]:
    """The conversions that are crowded: no touch is needed for them.

    payments: in their order, with all that a sub-order has at the time of its earliest.
    """
    for deciding in _deciding(payments):
        if owner.in_a_crowd(deciding[0].occurred_at):
            yield _crowded(owner, deciding)


def _deciding(payments: Iterable[Payment]) -> Iterable[list[Payment]]:
    """The earliest payments of each sub-order: more than one only at equal times.

    Later ones leave a conversion as it is, and its window is not read whole for them.
    """
    found: dict[str, list[Payment]] = {}
    for payment in payments:
        earliest = found.setdefault(payment.sub_order_id, [])
        if not earliest or earliest[0].occurred_at == payment.occurred_at:
            earliest.append(payment)
    return found.values()


def _conversion(
    owner: Owner, payments: Sequence[Payment], windows: Windows, incomplete: bool
) -> Conversion:
    paid, touches = payments[0], len(windows)
    # A replay puts offsets back for a while, so what counts must have the row made anew when it comes again.
    rank = touches if incomplete else windows.offsets() + _highest(payments)
    return Conversion(
        user_id=owner.user_id,
        brand_id=owner.brand_id,
        payment=paid,
        direct=windows.has_click(paid.item_id),
        path=windows.path(),
        path_truncated=touches > MAX_PATH,
        path_incomplete=incomplete,
        version=version_of(owner.epoch, paid.occurred_at, not incomplete, rank),
    )


def _crowded(owner: Owner, payments: Sequence[Payment]) -> Conversion:
    """It has no path, and stands whatever came first: it depends on nothing but its payments and the crowd."""
    paid = payments[0]
    return Conversion(
        user_id=owner.user_id,
        brand_id=owner.brand_id,
        payment=paid,
        direct=False,
        path=(),
        path_truncated=True,
        path_incomplete=paid.too_late,
        version=version_of(owner.epoch, paid.occurred_at, True, _CROWDED_RANK + _highest(payments)),
    )


def _highest(payments: Iterable[Payment]) -> int:
    return 1 + max(payment.offset for payment in payments)


def version_of(epoch: int, paid_at: int, complete: bool, rank: int) -> int:
    """A version that only grows as the set of events behind a conversion grows: UInt128.

    From the high bits down:
    - epoch (16 bits), raised when the topics are rebuilt;
    - the earlier paid_at (47 bits): an earlier PAY takes the conversion over, and a balance paid after its
      deposit has left the state cannot take it back;
    - complete (1 bit): a row whose path the state no longer holds whole never replaces one that had it;
    - rank (64 bits): of a complete row the sum over the four topics of (1 + the highest source offset)
      of its payments at paid_at and of its touches; of an incomplete one the number of touches found, as the
      state only ever forgets them. A crowded row counts as complete, and its rank is above all others: 2⁶³ and
      (1 + the highest source offset) of its payments at paid_at.
    """
    return epoch << 112 | ((1 << 47) - 1 - paid_at) << 65 | int(complete) << 64 | rank
