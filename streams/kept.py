"""Histories of users who do much with a brand: read once, and then kept in step with the state.

Such a user has something in almost each micro-batch, and reading it all anew would be most of the work. What is kept
takes part in the memory of the states, and what does not fit there is read whenever it is asked for.
"""

from collections.abc import Collection, Iterable, Sequence

import polars as pl

from streams.history import History, Payment
from streams.join import KeptTouches, Steps, Windows
from streams.join.steps import ENTRY_BYTES
from streams.state import HistoryReader, PartitionState, Wanted, keys

#: From so many entries on a history is kept: reading them takes some 10 ms.
MUCH = 5_000
#: What a touch and a payment take, about, in bytes.
TOUCH_BYTES, PAYMENT_BYTES = 200, 700
#: From so many bytes on steps are settled, and again each time they have doubled.
SETTLED_BYTES = 1 << 20

Who = tuple[str, str]


class KeptHistory:
    """What the state holds of one user and brand. without: buckets of which only the steps are needed."""

    def __init__(self, without: Collection[int]) -> None:
        self.without = frozenset(without)
        self.steps = Steps()
        self.touches = KeptTouches()
        self._payments: dict[bytes, Payment] = {}
        self._in_order: tuple[Payment, ...] | None = None
        self._to_settle = SETTLED_BYTES

    @property
    def memory_bytes(self) -> int:
        """How much memory it takes, about."""
        touches, payments = len(self.touches) * TOUCH_BYTES, len(self._payments) * PAYMENT_BYTES
        return touches + payments + self.steps.memory_bytes

    @property
    def history(self) -> History:
        """Touches and payments, but for those of the buckets."""
        if self._in_order is None:
            self._in_order = tuple(sorted(self._payments.values(), key=lambda paid: paid.order))
        return History(self.touches.touches, self._in_order)

    def windows(self) -> Windows:
        """Windows over the touches, until more is put."""
        return self.touches.windows()

    def put(self, rest: bytes, value: bytes) -> None:
        """Take an entry of the state; rest: of its key, behind the brand. The same key again takes its place."""
        step = keys.step_in(rest, value)
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
        """Forget steps that no journey needs any more, if there are many: no event from before a time (ms) comes."""
        if self.steps.memory_bytes >= self._to_settle:
            self.steps.settle(before)
            self._to_settle = max(2 * self.steps.memory_bytes, SETTLED_BYTES)

    def forget(self, before: int) -> None:
        """Forget what lies before a time (ms)."""
        self.steps.forget(before)
        self.touches.forget(before)
        self._payments = {
            rest: paid for rest, paid in self._payments.items() if paid.occurred_at >= before
        }
        self._in_order = None


class KeptHistories:
    """Those of a partition number. lateness_ms: what comes later than that is not put into the state."""

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
        owners = {keys.event_owner(*who).decode(): kept for who, kept in self._kept.items()}
        whose = pl.DataFrame(list(self._kept), ["user_id", "brand_id"], orient="row")
        hashes = pl.Series(keys.owner_hashes(whose))
        for events in batches:
            found = events.filter(pl.col("owner_hash").is_in(hashes.implode()))
            found = found.filter(~pl.col("too_late") | (pl.col("kind") == keys.PAY))
            for key, value in keys.entries(found).iter_rows() if len(found) else ():
                owner, rest = keys.split(key)
                # Two owners may have one hash.
                if (kept := owners.get(owner)) is not None:
                    kept.put(rest, value)
        self._settle(self._kept.values())

    def _settle(self, some: Iterable[KeptHistory]) -> None:
        for kept in some:
            kept.settle(self._state.event_time.now - self._lateness_ms)

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

    def read(self, wanted: Wanted, reader: HistoryReader) -> KeptHistory:
        """Read it all, and keep it if there is room."""
        who = wanted.user_id, wanted.brand_id
        kept = KeptHistory(wanted.without)
        for rest, value in reader.each(*who):
            kept.put(rest, value)
        self._settle([kept])
        self._kept[who] = kept
        self._room.hold(self._kept, who, kept.memory_bytes)
        return kept

    def fits(self, entries: int) -> bool:
        """Could a history be kept that has at least so many entries?"""
        return MUCH <= entries <= self._room.size // (TOUCH_BYTES + ENTRY_BYTES)
