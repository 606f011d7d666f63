"""Conversions: a sub-order and the path of touches that led to it."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from streams.history import History, Payment, Touch, Trigger
from streams.kinds import TOPIC_OF, Kind

#: A path keeps its newest touches up to this many.
MAX_PATH = 500


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
    path: tuple[Touch, ...]
    path_truncated: bool
    path_incomplete: bool
    version: int


def conversions(
    user_id: str,
    brand_id: str,
    history: History,
    triggers: Collection[Trigger],
    *,
    lookback_ms: int,
    known_since: int,
    epoch: int,
) -> Iterator[Conversion]:
    """The conversions that the triggers change, each computed whole from the history.

    known_since: the history has every touch from this time on (ms) and perhaps not those before.
    epoch: see `version_of`.
    """
    if not history.payments:
        return
    by_sub_order = defaultdict(list)
    for payment in history.payments:
        by_sub_order[payment.sub_order_id].append(payment)
    for sub_order_id in sorted(by_sub_order):
        payments = by_sub_order[sub_order_id]
        window = (payments[0].occurred_at - lookback_ms, payments[0].occurred_at)
        if any(_changes(trigger, sub_order_id, window) for trigger in triggers):
            incomplete = payments[0].too_late or window[0] < known_since
            yield _conversion(user_id, brand_id, history, payments, window, incomplete, epoch)


def _changes(trigger: Trigger, sub_order_id: str, window: tuple[int, int]) -> bool:
    if trigger.kind is Kind.PAY:
        return trigger.sub_order_id == sub_order_id
    return window[0] <= trigger.occurred_at <= window[1]


def _conversion(
    user_id: str,
    brand_id: str,
    history: History,
    payments: Sequence[Payment],
    window: tuple[int, int],
    incomplete: bool,
    epoch: int,
) -> Conversion:
    paid = payments[0]
    touches = _between(history.touches, *window)
    path = tuple(touches[-MAX_PATH:])
    # A replay puts offsets back for a while, so what counts must have the row made anew when it comes again. Later
    # payments and touches do not: they leave it as it is, and its window is not read whole for them.
    deciding = [payment for payment in payments if payment.occurred_at == paid.occurred_at]
    rank = len(touches) if incomplete else _offsets_rank(touches, deciding)
    return Conversion(
        user_id=user_id,
        brand_id=brand_id,
        payment=paid,
        direct=any(t.kind is Kind.CLICK and t.item_id == paid.item_id for t in path),
        path=path,
        path_truncated=len(touches) > MAX_PATH,
        path_incomplete=incomplete,
        version=version_of(epoch, paid.occurred_at, not incomplete, rank),
    )


def _between(touches: Sequence[Touch], since: int, until: int) -> Sequence[Touch]:
    """The touches from since to until (ms), both included."""
    first = bisect_left(touches, since, key=lambda touch: touch.occurred_at)
    behind = bisect_right(touches, until, key=lambda touch: touch.occurred_at)
    return touches[first:behind]


def _offsets_rank(touches: Iterable[Touch], payments: Iterable[Payment]) -> int:
    """The sum over the topics of (1 + the highest source offset)."""
    highest: dict[str, int] = defaultdict(int)
    for touch in touches:
        topic = TOPIC_OF[touch.kind]
        highest[topic] = max(highest[topic], 1 + touch.offset)
    for payment in payments:
        topic = TOPIC_OF[Kind.PAY]
        highest[topic] = max(highest[topic], 1 + payment.offset)
    return sum(highest.values())


def version_of(epoch: int, paid_at: int, complete: bool, rank: int) -> int:
    """A version that only grows as the set of events behind a conversion grows: UInt128.

    From the high bits down:
    - epoch (16 bits), raised when the topics are rebuilt;
    - the earlier paid_at (47 bits): an earlier PAY takes the conversion over, and a balance paid after its
      deposit has left the state cannot take it back;
    - complete (1 bit): a row whose path the state no longer holds whole never replaces one that had it;
    - rank (64 bits): of a complete row the sum over the four topics of (1 + the highest source offset)
      of its payments at paid_at and of its touches; of an incomplete one the number of touches found, as the
      state only ever forgets them.
    """
    return epoch << 112 | ((1 << 47) - 1 - paid_at) << 65 | int(complete) << 64 | rank
