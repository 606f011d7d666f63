"""Which users may have acted on a brand after a moment: a filter of fixed size that never misses one.

Most events are views, and a view changes a finished row only if its user saved, clicked or bought later.
The filter answers for a whole batch at once: per slot of a hash table the newest time of a save, click or
PAY. Two users in one slot cost a look-up that finds nothing, never a wrong answer.
"""

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.state import keys

SLOTS = 1 << 18
#: What a partition takes for it.
BYTES = 8 * SLOTS
#: Keys are read many at once: those of one batch are few.
READ_AT_ONCE = 20_000


class Actors:
    """Newest time of an action, by hash of user and brand."""

    def __init__(self) -> None:
        self._newest = np.zeros(SLOTS, dtype=np.int64)
        self._unread: list[bytes] = []

    def add(self, actor_keys: Iterable[bytes]) -> None:
        """Take note of actions, by keys as the store holds them."""
        self._unread += actor_keys
        if len(self._unread) >= READ_AT_ONCE:
            self._read()

    def _read(self) -> None:
        if self._unread:
            actions = keys.read_actors(pl.Series(self._unread, dtype=pl.Binary))
            self._unread.clear()
            np.maximum.at(self._newest, _slots(actions), actions["occurred_at"].to_numpy())

    def acted_since(self, events: pl.DataFrame) -> NDArray[np.bool_]:
        """For each event: may its user have acted on its brand at or after it?"""
        self._read()
        seen: NDArray[np.bool_] = self._newest[_slots(events)] >= events["occurred_at"].to_numpy()
        return seen


def _slots(events: pl.DataFrame) -> NDArray[np.uint64]:
    return keys.owner_hashes(events) & np.uint64(SLOTS - 1)
