"""Keeps the four topics of a partition number abreast, and makes rounds of what was fetched of them.

A worker that catches up would read small topics far ahead of large ones, and each view that comes after the purchase it
led to has its rows made anew. Therefore what was fetched is handed out as far as all topics of its number are known, by
Kafka timestamp, those first that others follow. Rows do not depend on it, only how often they are made.

A worker that is near the ends of all topics of a number has them abreast anyway. To cut what it fetched and to wait for
more would make many small batches of few, each of which has its price, and rows would be old for nothing.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Sequence

import numpy as np
from faust.types import TP

from schemas.topics import SOURCE_TOPICS
from streams.batch import Batch, Round

#: A topic of which nothing comes, though there is more, is waited for so long. Only the time of fetches counts in which
#: it could have come: not while a worker is busy with what it has, nor with what it is given of other partitions.
HOLD_S = 1.0
#: Topics that are all known up to so long ago, by their Kafka timestamps, are abreast, ms.
NEAR_MS = 30_000
#: Of the keys and values of a round, unless it is one batch: its change is one record of the changelog.
MAX_ROUND_BYTES = 8 << 20
#: Kafka timestamps: before and behind all others.
_FIRST, _LAST = -1, int(np.iinfo(np.int64).max)

_RANK = {topic: rank for rank, topic in enumerate(SOURCE_TOPICS)}


class Abreast:
    """Batches that were fetched and not handed out.

    unread: does a partition hold more than what was put here? clock: seconds for which a topic could have come so far.
    unix_s: the time, s since the Unix epoch.
    """

    def __init__(
        self,
        unread: Callable[[TP], bool],
        clock: Callable[[], float],
        unix_s: Callable[[], float] = time.time,
    ) -> None:
        self._unread = unread
        self._clock = clock
        self._unix_s = unix_s
        self._held: dict[TP, deque[Batch]] = defaultdict(deque)
        self._reached: dict[TP, int] = {}
        self._progress_at: dict[int, float] = {}
        self._impatient: set[int] = set()
        self._last = -1

    @property
    def holding(self) -> set[TP]:
        """The partitions of which something waits here: nothing more of them is needed."""
        return {tp for tp, batches in self._held.items() if batches}

    def put(self, tp: TP, batches: Sequence[Batch]) -> None:
        """Take what was fetched."""
        self._progress_at[tp.partition] = self._clock()
        if tp.partition not in {held.partition for held in self.holding}:
            self._impatient.discard(tp.partition)
        self._held[tp].extend(batches)

    def take(self, assigned: Collection[TP]) -> Round | None:
        """The next round to process, None if all that is here has to wait.

        assigned: the partitions that may be handed out, and wait for each other.
        """
        holding: defaultdict[int, list[TP]] = defaultdict(list)
        for tp in sorted(self.holding & set(assigned), key=lambda tp: _RANK.get(tp.topic, -1)):
            holding[tp.partition].append(tp)
        # In turn: rounds of one number are processed one after another, those of several side by side.
        for number in sorted(holding, key=lambda number: (number <= self._last, number)):
            batches = tuple(self._batches(holding[number], assigned))
            if batches:
                self._last = number
                self._progress_at[number] = self._clock()
                return Round(batches)
        return None

    def _batches(self, tps: Sequence[TP], assigned: Collection[TP]) -> Iterator[Batch]:
        """What may be handed out now of the topics of a number, of each one batch at most."""
        if tps[0].topic not in _RANK:
            # Requests to forget wait for nobody, and are no part of a round of events.
            yield self._held[tps[0]].popleft()
            return
        frontier = self._frontier(tps[0].partition, assigned)
        # Where more than one batch is held of a topic, others go no further than its first: there is a next round.
        ends = (_newest(self._held[tp][0]) for tp in tps if len(self._held[tp]) > 1)
        frontier, size = min(frontier, *ends, _LAST), 0
        for tp in tps:
            more = self._held[tp][0].content_bytes
            if size and size + more > MAX_ROUND_BYTES:
                continue
            batch = self._up_to(frontier, tp)
            if batch is not None:
                size += more
                self._reached[tp] = max(self._reached.get(tp, _FIRST), _newest(batch))
                yield batch

    def drop(self, tp: TP) -> None:
        """Forget what is held of a partition: it is read again."""
        self._held.pop(tp, None)

    def clear(self) -> None:
        """Forget everything: reading starts again from the committed offsets."""
        self._held.clear()
        self._reached.clear()

    def _frontier(self, number: int, assigned: Collection[TP]) -> int:
        """The timestamp up to which all topics of a partition number are known."""
        if self._clock() - self._progress_at[number] > HOLD_S:
            # All that is held now, and not one round after each time.
            self._impatient.add(number)
        if number in self._impatient:
            return _LAST
        siblings = (TP(topic, number) for topic in SOURCE_TOPICS)
        known = min(self._known_until(one) for one in siblings if one in assigned)
        return _LAST if known >= self._unix_s() * 1000 - NEAR_MS else known

    def _known_until(self, tp: TP) -> int:
        if not self._unread(tp):
            return _LAST
        if held := self._held[tp]:
            return max(map(_newest, held))
        return self._reached.get(tp, _FIRST)

    def _up_to(self, frontier: int, tp: TP) -> Batch | None:
        """Take from what is held of a partition: the first batch, or its beginning."""
        held = self._held[tp]
        beyond = held[0].timestamps > frontier
        if not beyond.any():
            return held.popleft()
        first = int(beyond.argmax())
        if not first:
            return None
        batch, held[0] = held[0].split(first)
        return batch


def _newest(batch: Batch) -> int:
    """The newest Kafka timestamp of a batch, ms."""
    return int(batch.timestamps.max())
