"""The crowded buckets of a state, how they are found, and by which bounds its events were counted."""

import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rocksdict import WriteBatch

from streams.state import crowds, keys
from streams.state.change import Change
from streams.state.crowds import Bounds, Counts, Page, Tallies
from streams.state.database import Database
from streams.state.scanning import pieces

logger = logging.getLogger(__name__)

#: Progress is told once per so many seconds.
TELL_EVERY_S = 5.0


class CrowdedBuckets:
    """What a state knows of crowds.

    by_owner: owner as of `keys.event_owner` → crowded bucket → topic → the offset behind the batch that made it so.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.by_owner: dict[bytes, dict[int, dict[str, int]]] = defaultdict(dict)
        self._counts = self._load_counts()
        self._tallies = Tallies(database.in_place, database.holds)
        for piece in pieces(database.db, keys.CROWDED.encode()):
            self._note(dict(zip(piece, database.values(piece), strict=True)))

    def __len__(self) -> int:
        """How many there are; any thread may ask."""
        return sum(map(len, list(self.by_owner.values())))

    def found_in(self, change: Change, bounds: Bounds, known: Collection[str]) -> list[str]:
        """Which buckets a change makes crowded, by `keys.place_in`, but for known ones. It is to be applied next."""
        suspects = self._counts.suspects(change.cells, bounds)
        if suspects is None:
            return []
        events = change.events.filter(pl.Series(suspects))
        found = set(known)
        return self._tallies.crowded(
            events, lambda place: place in found or self._is_crowded(place), bounds
        )

    def found_before(self, bounds: Bounds) -> list[str]:
        """Which buckets are crowded by bounds that what is in the state was not counted by; by `keys.place_in`."""
        found, begun = dict[str, None](), time.monotonic()
        told, read = begun, 0
        for bucket, slots in self._counts.beyond(bounds):
            for piece in pieces(self._database.db, keys.bucket_start(keys.EVENT, bucket)):
                # The keys of one user may lie in several pieces.
                places = [p for p in self._suspects(bucket, piece, slots) if p not in found]
                found |= dict.fromkeys(self._tallies.exceeding(places, bounds))
                read += len(piece)
                if time.monotonic() - told >= TELL_EVERY_S:
                    told = time.monotonic()
                    self._tell("is being counted", read, begun)
        if read:
            self._tell("was counted", read, begun)
        return list(found)

    def _suspects(self, bucket: int, piece: Sequence[bytes], slots: NDArray[np.bool_]) -> list[str]:
        """Whose keys lie in slots that may hold too many, and are not crowded yet."""
        owners = keys.read_owners(pl.Series(piece, dtype=pl.Binary))
        over = slots[crowds.slots_of(owners)]
        suspects = owners.filter(pl.Series(over)).select("user_id", "brand_id").unique()
        places = [keys.place_of(bucket, *who) for who in suspects.sort(pl.all()).iter_rows()]
        return [place for place in places if not self._is_crowded(place)]

    def _tell(self, done: str, read: int, begun: float) -> None:
        logger.info(
            "the state in %s %s by other bounds of who is crowded: %s entries in %.1f s",
            *(self._database.folder, done, f"{read:,}", time.monotonic() - begun),
        )

    def add(self, change: Change) -> list[Page]:
        """Count the events of a change; the pages that are to be written with it."""
        return self._counts.add(change.cells)

    def note(self, crowded: pl.DataFrame) -> None:
        """Take note of those of a change; see `Change.crowded`."""
        self._note(dict(crowded.iter_rows()))

    def _note(self, entries: Mapping[bytes, bytes]) -> None:
        for key, value in entries.items():
            self.by_owner[keys.owner_in(key)][keys.bucket_in(key)] = json.loads(value)

    def _is_crowded(self, place: str) -> bool:
        key = keys.crowded_key_of(place)
        return keys.bucket_in(key) in self.by_owner.get(keys.owner_in(key), {})

    def expire(self, before: int) -> None:
        """Forget the buckets before one."""
        self._counts.expire(before)
        self._tallies.clear()
        self._drop(lambda owner, bucket: bucket < before)

    def forget(self) -> None:
        """Forget what was deleted."""
        self._tallies.clear()
        self._drop(lambda owner, held: self._database.get(keys.crowded_key(owner, held)) is None)

    def _drop(self, gone: Callable[[bytes, int], bool]) -> None:
        for owner, buckets in list(self.by_owner.items()):
            kept = {held: value for held, value in buckets.items() if not gone(owner, held)}
            self.by_owner[owner] = kept
            if not kept:
                del self.by_owner[owner]

    def _load_counts(self) -> Counts:
        """What was counted. Where nothing was, or by another hash, the events are counted anew."""
        counts = Counts()
        if self._database.get(keys.HASH) == crowds.HASHED_BY:
            for piece in pieces(self._database.db, keys.PAGE.encode()):
                for key, page in zip(piece, self._database.values(piece), strict=True):
                    counts.put((*keys.page_in(key), page))
            return counts
        pages = dict(self._counted(counts))

        def fill(batch: WriteBatch) -> None:
            batch.delete_range(keys.PAGE.encode(), keys.PAGE.encode() + keys.BEHIND)
            for key, page in pages.items():
                batch.put(key, page)
            batch.put(keys.HASH, crowds.HASHED_BY)

        self._database.write(fill)
        return counts

    def _counted(self, counts: Counts) -> Iterator[tuple[bytes, bytes]]:
        """Count all events; pages by their keys, the last of each stands."""
        for piece in pieces(self._database.db, keys.EVENT.encode()):
            events = keys.read_owners(pl.Series(piece, dtype=pl.Binary))
            for bucket, number, page in counts.add(crowds.cells_of(events)):
                yield keys.page_key(bucket, number), page
