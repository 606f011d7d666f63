"""Histories of users who do much with a brand: read once, and then kept in step with the state.

Such a user has something in almost each micro-batch, and reading it all anew would be most of the work. What is kept
takes part in the memory of the states, and what does not fit there is read whenever it is asked for.
"""

from collections.abc import Collection, Sequence

import polars as pl

from streams.event_time import NEVER
from streams.history import Payment
from streams.join import Steps, Touches
from streams.join.steps import ENTRY_BYTES
from streams.state import HistoryReader, PartitionState, Wanted, keys

#: From so many entries on a history is kept: reading them takes some 10 ms.
MUCH = 5_000
#: What a touch, a click beside that, and a payment take, about, in bytes.
TOUCH_BYTES, CLICK_BYTES, PAYMENT_BYTES = 220, 300, 700
#: From so many bytes on steps are settled, and again each time they have doubled.
SETTLED_BYTES = 1 << 20

Who = tuple[str, str]


class KeptHistory:
    """What the state holds of one user and brand. without: buckets of which only the steps are needed."""

    def __init__(self, without: Collection[int]) -> None:
        self.without = frozenset(without)
        self.steps = Steps()
        self.touches = Touches()
        self._payments: dict[bytes, Payment] = {}
        self._in_order: tuple[Payment, ...] | None = None
        self._to_settle = SETTLED_BYTES
        self._settled = NEVER

    @property
    def memory_bytes(self) -> int:
        """How much memory it takes, about."""
        touches, payments = len(self.touches) * TOUCH_BYTES, len(self._payments) * PAYMENT_BYTES
        clicks = len(self.touches.clicks) * CLICK_BYTES
        return touches + clicks + payments + self.steps.memory_bytes

    @property
    def payments(self) -> Sequence[Payment]:
        """In their order, but for those of the buckets, as the touches are."""
        if self._in_order is None:
            self._in_order = tuple(sorted(self._payments.values(), key=lambda paid: paid.order))
        return self._in_order

    def put(self, rest: bytes, value: bytes) -> None:
        """Take an entry of the state; rest: of its key, behind the brand. The same key again takes its place."""
        step = keys.step_in(rest)
        if step is not None:
            self.steps.add(*step)
        if self.without and keys.bucket_of(keys.time_in(rest)) in self.without:
            return
        kind = keys.kind_in(rest)
        if kind == keys.PAY:
            self._payments[rest] = keys.payment_in(rest, value)
            self._in_order = None
        elif kind in keys.TOUCH_KINDS:
            self.touches.put(keys.touch_in(rest, value))

    def settle(self, before: int) -> None:
        """Forget steps that no journey needs unless an event comes from before a time (ms), if there are many."""
        if self.steps.memory_bytes >= self._to_settle:
            self.steps.settle(before)
            self._to_settle = max(2 * self.steps.memory_bytes, SETTLED_BYTES)
            self._settled = before

    def lacks(self, occurred_at: int) -> bool:
        """May a journey that an event of a time (ms) changes need steps that were forgotten?"""
        return occurred_at < self._settled

    def forget(self, before: int) -> None:
        """Forget what lies before a time (ms)."""
        self.steps.forget(before)
        self.touches.forget(before)
        self._payments = {
            rest: paid for rest, paid in self._payments.items() if paid.occurred_at >= before
        }
        self._in_order = None


class KeptHistories:
    """Those of a partition number. lateness_ms: most events come earlier than that."""

    def __init__(self, state: PartitionState, lateness_ms: int) -> None:
        self._state = state
        self._lateness_ms = lateness_ms
        self._room = state.memory.room
        self._kept: dict[Who, KeptHistory] = {}
        self._held_since = state.held_since
        self._forgotten = state.forgotten

    def follow(self, batches: Sequence[pl.DataFrame]) -> None:
        """Take note of events that were put into the state. Columns: those of `keys.entries`, and owner_hash."""
        self._forget()
        if not self._kept:
            return
        owners = {keys.event_owner(*who).decode(): who for who in self._kept}
        whose = pl.DataFrame(list(self._kept), ["user_id", "brand_id"], orient="row")
        hashes = pl.Series(keys.owner_hashes(whose))
        for events in batches:
            found = events.filter(pl.col("owner_hash").is_in(hashes.implode()))
            for key, value in keys.entries(found).iter_rows() if len(found) else ():
                owner, rest = keys.split(key)
                # Two owners may have one hash.
                if who := owners.get(owner):
                    self._put(who, rest, value)
        for kept in self._kept.values():
            kept.settle(self._settled_before)

    def _put(self, who: Who, rest: bytes, value: bytes) -> None:
        if (kept := self._kept.get(who)) is None:
            return
        if kept.lacks(keys.time_in(rest)):
            # It is read anew, all of it.
            del self._kept[who]
        else:
            kept.put(rest, value)

    @property
    def _settled_before(self) -> int:
        return self._state.event_time.now - self._lateness_ms

    def _forget(self) -> None:
        """What the state has forgotten."""
        if self._forgotten != self._state.forgotten:
            self._forgotten = self._state.forgotten
            self._room.release(self._kept)
        if self._held_since != self._state.held_since:
            self._held_since = self._state.held_since
            for kept in self._kept.values():
                kept.forget(self._held_since)

    def get(self, wanted: Wanted) -> KeptHistory | None:
        """What is kept of a user and brand, None if nothing is, or a bucket has become crowded since."""
        who = wanted.user_id, wanted.brand_id
        kept = self._kept.get(who)
        if kept is None:
            return None
        if kept.without != frozenset(wanted.without):
            del self._kept[who]
            return None
        self._room.hold(self._kept, who, kept.memory_bytes)
        return kept

    def read(self, wanted: Wanted, reader: HistoryReader, earliest: int) -> KeptHistory:
        """Read it all, and keep it if there is room. earliest: of the events that it is read for, ms."""
        who = wanted.user_id, wanted.brand_id
        kept = KeptHistory(wanted.without)
        for rest, value in reader.each(*who):
            kept.put(rest, value)
        kept.settle(min(self._settled_before, earliest))
        self._kept[who] = kept
        self._room.hold(self._kept, who, kept.memory_bytes)
        return kept

    def fits(self, entries: int) -> bool:
        """Could a history be kept that has at least so many entries?"""
        return MUCH <= entries <= self._room.size // (TOUCH_BYTES + ENTRY_BYTES)
