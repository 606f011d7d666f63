"""Histories as a store holds them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from rocksdict import Rdict

from streams.history import History, Payment, SubOrder
from streams.state import keys
from streams.state.scanning import end_of, next_bucket

#: Histories; so many are in memory at once.
READ_AT_ONCE = 500
#: Payments of one user and brand that are read at once, about.
PAYMENTS_AT_ONCE = 20_000


class Wanted(NamedTuple):
    """What the join needs of a user and a brand: what occurred from a time on and before another (ms).

    notes: where nothing was paid, touches of other notes are not needed.
    without: buckets that are not needed.
    """

    user_id: str
    brand_id: str
    since: int
    notes: Collection[str]
    until: int = keys.MAX_TIME
    without: Collection[int] = ()


class HistoryReader:
    """Histories as of the moment when it was made.

    read: how many entries it has read.
    """

    def __init__(self, db: Rdict) -> None:
        self._cursor = db.iter()
        self.read = 0

    def close(self) -> None:
        """Let go of the store: as long as a cursor lives, its folder stays locked."""
        del self._cursor

    def histories(self, wanted: Sequence[Wanted]) -> Iterator[History]:
        """Each of them, in their order."""
        return (history for history, _ in self.measured(wanted))

    def measured(self, wanted: Sequence[Wanted]) -> Iterator[tuple[History, int]]:
        """The same, and how many entries were read for each. Between two of them others may be read."""
        for start in range(0, len(wanted), READ_AT_ONCE):
            some = wanted[start : start + READ_AT_ONCE]
            for one, entries in zip(some, self._entries(some), strict=True):
                yield keys.read_history(entries, one.notes), len(entries)

    def payments(
        self, user_id: str, brand_id: str, at: Iterable[tuple[int, SubOrder]]
    ) -> list[Payment]:
        """The PAYs of some sub-orders at some times (ms), in the order of payments."""
        owner, found = keys.event_owner(user_id, brand_id), list[keys.Entry]()
        for time, sub_order_id in sorted(set(at)):
            place = keys.bucket_start(keys.EVENT, keys.bucket_of(time)) + owner
            first = place + keys.payments_start(time, sub_order_id)
            self._read(first, first, first + keys.BEHIND, len(place), found)
        return keys.payments_in(found)

    def paid_in(
        self, user_id: str, brand_id: str, since: int, until: int
    ) -> tuple[list[Payment], int]:
        """The PAYs from a time on and before another, which lie in one bucket, in the order of payments.

        If they are many, the first ones, all of one time together; and up to which time they are.
        """
        start = keys.bucket_start(keys.EVENT, keys.bucket_of(since))
        place = start + keys.event_owner(user_id, brand_id)
        behind = place + keys.time_text(until).encode()
        cursor, found = self._cursor, list[keys.Entry]()
        cursor.seek(place + keys.time_text(since).encode())
        while place <= (key := cursor.key() or end_of(cursor)) < behind:
            self.read += 1
            rest = key[len(place) :]
            if len(found) >= PAYMENTS_AT_ONCE and keys.time_in(rest) != keys.time_in(found[-1][0]):
                until = keys.time_in(rest)
                break
            if keys.kind_in(rest) == keys.PAY:
                found.append((rest, cursor.value()))
            cursor.next()
        return keys.payments_in(found), until

    def each(self, user_id: str, brand_id: str) -> Iterator[keys.Entry]:
        """All events of a user and brand, in order. Read nothing else meanwhile."""
        bucket = next_bucket(self._cursor, keys.EVENT, 0)
        owner = keys.event_owner(user_id, brand_id)
        while bucket is not None:
            place = keys.bucket_start(keys.EVENT, bucket) + owner
            self._cursor.seek(place)
            while (key := self._cursor.key() or end_of(self._cursor)).startswith(place):
                yield key[len(place) :], self._cursor.value()
                self._cursor.next()
                self.read += 1
            bucket = next_bucket(self._cursor, keys.EVENT, bucket + 1)

    def _entries(self, wanted: Sequence[Wanted]) -> list[list[keys.Entry]]:
        """What the store holds of each.

        All of a bucket are read in the order of their keys: that is half the way from one to the next.
        """
        entries: list[list[keys.Entry]] = [[] for _ in wanted]
        places = sorted(
            (
                keys.event_owner(one.user_id, one.brand_id),
                keys.bucket_of(max(one.since, 0)),
                keys.bucket_of(one.until - 1),
                number,
            )
            for number, one in enumerate(wanted)
        )
        bucket, end = min(first for _, first, _, _ in places), max(last for _, _, last, _ in places)
        while (found := next_bucket(self._cursor, keys.EVENT, bucket)) is not None and found <= end:
            start = keys.bucket_start(keys.EVENT, found)
            for owner, first, last, number in places:
                one = wanted[number]
                if not first <= found <= last or (one.without and found in one.without):
                    continue
                place = start + owner
                since, until = place, place + keys.BEHIND
                if found == first:
                    since = place + keys.time_text(one.since).encode()
                if found == last:
                    until = place + keys.time_text(one.until).encode()
                self._read(since, place, until, len(place), entries[number])
            bucket = found + 1
        return entries

    def _read(
        self, seek: bytes, first: bytes, behind: bytes, at: int, found: list[keys.Entry]
    ) -> None:
        """Take the entries from a key on and before another, without what their keys begin with."""
        cursor, before = self._cursor, len(found)
        cursor.seek(seek)
        while first <= (key := cursor.key() or end_of(cursor)) < behind:
            found.append((key[at:], cursor.value()))
            cursor.next()
        self.read += len(found) - before
