"""Crowded buckets: where one user and brand have more events than any person makes, as a placeholder or a bot has.

Whether a bucket is crowded is a function of the set of its events (docs/definitions.md §9), so they must be counted
exactly, and only once each. That is done only where it may be needed: a table for each bucket has upper bounds for
everybody, by a hash of user and brand. It is part of the state, page by page as it changes, so that it is right after
a crash too, and goes with its bucket: else what has long been forgotten would make everybody suspect.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.history import SubOrder
from streams.state import keys

#: Of users and brands in a bucket; each has two cells, one for touches and one for all else.
SLOTS = 1 << 15
CELLS = 2 * SLOTS
#: Cells that are written together.
PAGE = 256
#: Cells as they are written, and what is too great for each but the last.
_CELL = np.uint8, np.uint16, np.uint32
_TOO_GREAT = [np.iinfo(cell).max + 1 for cell in _CELL[:-1]]
#: What a partition takes for the tables: as a rule there are four buckets at most.
BYTES = 4 * 4 * CELLS
#: How many users, brands and buckets are counted exactly at once. What is left out is counted anew when it is needed.
TALLIES = 64

#: What counts were made by, and how their cells are written. What was counted otherwise is counted anew.
HASHED_BY = f"polars {pl.__version__}, by bucket, in narrow cells".encode()

#: Bucket * CELLS + cell in the table of the bucket.
Cells = NDArray[np.int64]
#: Bucket, number in its table, and cells, of as many bytes each as the greatest of them needs.
Page = tuple[int, int, bytes]


class Bounds(NamedTuple):
    """How much of one user and brand a bucket holds, at most, before it is crowded.

    sub_orders: with a PAY in the bucket. touches: views, SAVEs and clicks; of other events there may be as many.
    """

    sub_orders: int = 5_000
    touches: int = 100_000

    def allow(self, other: "Bounds | None") -> bool:
        """Is nothing crowded by these that is not so by others? It may be if those are not known."""
        return other is not None and (
            self.sub_orders >= other.sub_orders and self.touches >= other.touches
        )


def slots_of(events: pl.DataFrame) -> NDArray[np.int64]:
    """The slot of each event's user and brand. Columns: those of `keys.owner_hashes`."""
    return (keys.owner_hashes(events) % np.uint64(SLOTS)).astype(np.int64)


def cells_of(events: pl.DataFrame) -> Cells:
    """Where each event is counted. Columns: those of `keys.owner_hashes`, occurred_at, kind."""
    slots = slots_of(events)
    touch = np.isin(events["kind"].to_numpy(), keys.TOUCH_KINDS)
    buckets = events["occurred_at"].to_numpy() // keys.BUCKET_MS
    cells: Cells = buckets * CELLS + slots + np.where(touch, 0, SLOTS)
    return cells


class Counts:
    """Upper bounds for how many events there are, by cell."""

    def __init__(self) -> None:
        self._tables: dict[int, NDArray[np.uint32]] = {}

    def put(self, page: Page) -> None:
        """Take a page as it was."""
        bucket, number, counts = page
        cells = np.frombuffer(counts, f"u{len(counts) // PAGE}")
        self._table(bucket)[number * PAGE : (number + 1) * PAGE] = cells

    def add(self, cells: Cells) -> list[Page]:
        """Count events; return the pages that this changes."""
        pages: list[Page] = []
        for bucket, added, _ in _by_bucket(cells):
            table = self._table(bucket)
            table += added.astype(np.uint32)
            changed = np.flatnonzero(added.reshape(-1, PAGE).any(axis=1)).tolist()
            of_bucket = table.reshape(-1, PAGE)
            widths = np.digitize(of_bucket.max(axis=1), _TOO_GREAT)
            pages += [
                (bucket, number, of_bucket[number].astype(_CELL[widths[number]]).tobytes())
                for number in changed
            ]
        return pages

    def suspects(self, cells: Cells, bounds: Bounds) -> NDArray[np.bool_] | None:
        """Which of these events, that are to be added, may make their bucket crowded; None if none may."""
        found = np.zeros(len(cells), dtype=np.bool_)
        for bucket, added, here in _by_bucket(cells):
            over = _beyond(added + self._tables.get(bucket, 0), bounds)
            found[here] = over[cells[here] % SLOTS]
        return found if found.any() else None

    def beyond(self, bounds: Bounds) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        """Of each bucket that may have crowded users: which slots do."""
        for bucket, table in sorted(self._tables.items()):
            over = _beyond(table, bounds)
            if over.any():
                yield bucket, over

    def expire(self, before: int) -> None:
        """Forget the tables of buckets before one."""
        for bucket in [bucket for bucket in self._tables if bucket < before]:
            del self._tables[bucket]

    def _table(self, bucket: int) -> NDArray[np.uint32]:
        if bucket not in self._tables:
            self._tables[bucket] = np.zeros(CELLS, dtype=np.uint32)
        return self._tables[bucket]


def _beyond(table: NDArray[Any], bounds: Bounds) -> NDArray[np.bool_]:
    """For each slot: may a user and brand in it have more events than they may?"""
    over: NDArray[np.bool_] = table[:SLOTS] > bounds.touches
    over |= table[SLOTS:] > min(bounds.sub_orders, bounds.touches)
    return over


def _by_bucket(cells: Cells) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.bool_]]]:
    """Bucket, how many events its cells get, and which of the events they are."""
    buckets = cells // CELLS
    # Mostly there is but one, and looking for others takes longer than all else.
    alone = (buckets == buckets[:1]).all()
    for bucket in buckets[:1].tolist() if alone else np.unique(buckets).tolist():
        here = buckets == bucket
        yield bucket, np.bincount(cells[here] - bucket * CELLS, minlength=CELLS), here


@dataclass(slots=True)
class Tally:
    """What one user and brand have in one bucket."""

    touches: int = 0
    others: int = 0
    sub_orders: set[SubOrder] = field(default_factory=set)

    def add(self, rest: bytes) -> None:
        """Count an event that was not there before. rest: of its key, behind the brand."""
        kind = keys.kind_in(rest)
        if kind in keys.TOUCH_KINDS:
            self.touches += 1
        else:
            self.others += 1
            if kind == keys.PAY:
                self.sub_orders.add(keys.sub_order_in(rest))

    def exceeds(self, bounds: Bounds) -> bool:
        """Is the bucket crowded?"""
        most = max(self.touches, self.others)
        return most > bounds.touches or len(self.sub_orders) > bounds.sub_orders


#: Entries of one user, brand and bucket that are in the store: what follows the brand in their keys, and their values.
Scan = Callable[[bytes], Iterator[keys.Entry]]
#: Which of these keys the store has.
Holds = Callable[[Sequence[bytes]], Sequence[bool]]


class Tallies:
    """Counts exactly what may be crowded.

    A tally is as its bucket will be with the change that was looked at last, so each change is to be looked at once,
    and then put into the store.
    """

    def __init__(self, scan: Scan, holds: Holds) -> None:
        self._scan = scan
        self._holds = holds
        self._tallies: dict[str, Tally] = {}

    def crowded(
        self, entries: pl.DataFrame, settled: Callable[[str], bool], bounds: Bounds
    ) -> list[str]:
        """What these entries make crowded, by `keys.place_in`. settled: is it crowded already?"""
        added: dict[str, set[str]] = {}
        for key in entries["key"]:
            text = key.decode()
            added.setdefault(keys.place_in(text), set()).add(text)
        return [
            place
            for place, new in added.items()
            if not settled(place) and self._exceeds(place, sorted(new), bounds)
        ]

    def exceeding(self, places: Sequence[str], bounds: Bounds) -> list[str]:
        """Those of these that are crowded by what is in the store."""
        return [place for place in places if self._counted(place, bounds).exceeds(bounds)]

    def _exceeds(self, place: str, added: Sequence[str], bounds: Bounds) -> bool:
        tally = self._tallies.pop(place, None) or self._counted(place, bounds)
        found = [key.encode() for key in added]
        if not tally.exceeds(bounds):
            for key, known in zip(found, self._holds(found), strict=True):
                if not known:
                    tally.add(key[len(place.encode()) :])
        if tally.exceeds(bounds):
            return True
        # The one that was used least recently makes room.
        while len(self._tallies) >= TALLIES:
            del self._tallies[next(iter(self._tallies))]
        self._tallies[place] = tally
        return False

    def _counted(self, place: str, bounds: Bounds) -> Tally:
        tally = Tally()
        for rest, _ in self._scan(place.encode()):
            tally.add(rest)
            if tally.exceeds(bounds):
                break
        return tally

    def clear(self) -> None:
        """Count anew: something was deleted."""
        self._tallies.clear()
