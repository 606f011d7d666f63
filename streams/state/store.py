"""The state of one partition on disk: a RocksDB of its own.

One write a round takes its events, the event time and what was read together, so that a crash leaves either
all of a round or nothing of it.
"""

import json
import logging
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rocksdict import Rdict, WriteBatch, WriteOptions

from schemas.errors import StateError
from streams.erasure.requests import Request
from streams.event_time import NEVER, EventTime
from streams.state import crowds, formats, keys
from streams.state.actors import Actors
from streams.state.change import Change
from streams.state.conversion import convert
from streams.state.crowds import Bounds, Counts, Tallies
from streams.state.erasing import EVERYTHING, Range, compact, ranges_of, users_among
from streams.state.memory import Memory
from streams.state.reader import HistoryReader
from streams.state.scanning import end_of, pieces

logger = logging.getLogger(__name__)

META = b"meta"
#: Is there as long as files may name users who were deleted.
TO_REWRITE = b"rewrite"
#: While RocksDB takes no writes, since its disk is slower than they are, it is asked again every so many seconds.
STALLED_S = 0.05


class Position(NamedTuple):
    """Where a state stands in its changelog.

    next_offset: of the first record that is not in the state.
    claim: offset of the last claim before it, -1 if there is none.
    """

    next_offset: int = 0
    claim: int = -1


class PartitionState:
    """Touches, payments and the clock of one partition number.

    event_time: its clock, as of the last `apply`.
    read_to: topic → the offset behind the last record that is in the state.
    held_since: every event in time from here on is held, ms.
    position: how much of the changelog is in it.
    in_changelog: all that is put into it is in a changelog before. Then a crash may take the newest of it, as RocksDB
        keeps no log of its own; what is left is what some earlier `apply` left.
    forgotten: hashes of the users of whom nothing may be in it.
    crowded: owner as of `keys.event_owner` → crowded bucket → topic → the offset behind the batch that made it crowded.
    """

    def __init__(
        self,
        folder: Path,
        epoch: int = 0,
        memory: Memory | None = None,
        in_changelog: bool = False,
    ) -> None:
        self.folder = folder
        self.epoch = epoch
        self._memory = memory or Memory()
        self._in_changelog = in_changelog
        self._writing = _write_options(in_changelog)
        with self._explained("open"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = self._open()
            try:
                self._load()
            except BaseException:
                # Whoever hears of it may delete the folder.
                with suppress(Exception):
                    self._db.close()
                raise

    def _load(self) -> None:
        meta = self._read_meta()
        if meta["format"] != formats.FORMAT:
            self._convert(meta)
        if self._db.get(TO_REWRITE) is not None:
            self._rewrite([EVERYTHING])
        self.event_time = EventTime(meta.get("now", NEVER), meta.get("newest", {}))
        self.read_to: dict[str, int] = meta.get("read_to", {})
        self.held_since: int = meta.get("held_since", NEVER)
        self.position = Position(*meta.get("position", Position()))
        self._actors = self._load_actors()
        self._counts = self._load_counts()
        self._tallies = Tallies(self._in_place, self._in_time)
        self.crowded: dict[bytes, dict[int, dict[str, int]]] = defaultdict(dict)
        for piece in pieces(self._db, keys.CROWDED.encode()):
            self._note_crowded(dict(zip(piece, self._values(piece), strict=True)))
        self.forgotten = frozenset(
            key[1:].decode() for piece in pieces(self._db, keys.FORGOTTEN.encode()) for key in piece
        )

    def apply(self, change: Change, position: Position | None = None) -> None:
        """Take over a change. position: in the changelog, behind it; None if there is no changelog."""
        # In the order of keys RocksDB takes them in half the time; of one key the last is to stand.
        entries = change.entries.sort("key", maintain_order=True)
        columns = entries["key"].to_list(), entries["value"].to_list()
        for topic, offset in change.read_to.items():
            self.read_to[topic] = max(offset, self.read_to.get(topic, 0))
        self.event_time = change.event_time
        self.position = position or self.position
        meta = self._meta()
        pages = self._counts.add(change.cells)

        def fill(batch: WriteBatch) -> None:
            for key, value in zip(*columns, strict=True):
                batch.put(key, value)
            for bucket, number, page in pages:
                batch.put(keys.page_key(bucket, number), page)
            batch.put(META, meta)

        with self._explained("write"):
            self._write(fill)
        self._actors.add(change.actor_keys)
        self._note_crowded(_between(*columns, keys.CROWDED))

    @property
    def crowded_buckets(self) -> int:
        """How many there are; any thread may ask."""
        return sum(map(len, list(self.crowded.values())))

    def crowding(self, change: Change, bounds: Bounds) -> list[bytes]:
        """Which buckets a change makes crowded, by their keys. The change is to be applied next."""
        suspects = self._counts.suspects(change.cells, bounds)
        if suspects is None:
            return []
        with self._explained("read"):
            found = self._tallies.crowded(
                change.events.filter(pl.Series(suspects)), self._is_crowded, bounds
            )
        return [keys.crowded_key_of(place) for place in found]

    def crowded_of(self, user_id: str, brand_id: str) -> Mapping[int, Mapping[str, int]]:
        """The crowded buckets of a user and brand; see `crowded`."""
        return self.crowded.get(keys.event_owner(user_id, brand_id), {}) if self.crowded else {}

    def _is_crowded(self, place: str) -> bool:
        key = keys.crowded_key_of(place)
        return keys.bucket_in(key) in self.crowded.get(keys.owner_in(key), {})

    def _note_crowded(self, entries: Mapping[bytes, bytes]) -> None:
        for key, value in entries.items():
            self.crowded[keys.owner_in(key)][keys.bucket_in(key)] = json.loads(value)

    def _in_place(self, place: bytes) -> Iterator[keys.Entry]:
        """The events of one user and brand in one bucket."""
        cursor = self._db.iter()
        cursor.seek(place)
        while (key := cursor.key() or end_of(cursor)).startswith(place):
            yield key[len(place) :], cursor.value()
            cursor.next()

    def _in_time(self, event_keys: Sequence[bytes]) -> list[bool]:
        values = self._values(event_keys)
        return [value is not None and keys.came_in_time(value.decode()) for value in values]

    def _values(self, of: Sequence[bytes]) -> list[Any]:
        """The values of keys, None where there is none."""
        found: Any = self._db.get([*of]) or []
        return list(found)

    def misses_before(self, time: int) -> None:
        """Take note that events before a time (ms) are not held, though some of them may be."""
        self.held_since = max(self.held_since, time)

    def set_back(self, latest: int) -> bool:
        """Let the clock be as if nothing later than a time (ms) had been read; whether it was beyond that."""
        before, self.event_time = self.event_time, self.event_time.without_beyond(latest)
        return self.event_time != before

    def accepted(self, identities: pl.Series) -> list[bool]:
        """For each identity (`keys.event_keys`): did the state take that event before, in time?"""
        with self._explained("read"):
            return self._in_time(identities.to_list())

    def acted_since(self, events: pl.DataFrame) -> NDArray[np.bool_]:
        """For each event: may its user have saved, clicked or paid at or after it? See `Actors`."""
        return self._actors.acted_since(events)

    @contextmanager
    def reader(self) -> Iterator["HistoryReader"]:
        """Read what is in the state at this moment."""
        reader = HistoryReader(self._db)
        try:
            with self._explained("read"):
                yield reader
        finally:
            reader.close()

    def expire(self, before: int) -> None:
        """Forget buckets that end before a time (ms)."""
        bucket = keys.bucket_of(before)
        if bucket * keys.BUCKET_MS <= self.held_since or bucket < 1:
            return
        self.held_since = bucket * keys.BUCKET_MS

        def fill(batch: WriteBatch) -> None:
            for family in (*keys.OF_USERS, keys.PAGE):
                batch.delete_range(keys.bucket_start(family, 0), keys.bucket_start(family, bucket))
            batch.put(META, self._meta())

        with self._explained("write"):
            self._write(fill)
        self._counts.expire(bucket)
        self._tallies.clear()
        self._drop_crowded(lambda owner, held: held < bucket)

    def forget(self, requests: Sequence[Request]) -> None:
        """Delete what is held of these users, from the files too, and remember their hashes."""
        with self._explained("write"):
            ranges = [r for user in self._users(requests) for r in ranges_of(self._db, user)]
            found = {request.hash for request in requests}

            def fill(batch: WriteBatch) -> None:
                for first, behind in ranges:
                    batch.delete_range(first, behind)
                for user_hash in found - self.forgotten:
                    batch.put(keys.forgotten_key(user_hash), b"")
                if ranges:
                    batch.put(TO_REWRITE, b"")

            self._write(fill)
            if ranges:
                self._rewrite(ranges)
        self.forgotten |= found
        self._tallies.clear()
        self._drop_crowded(lambda owner, held: self._db.get(keys.crowded_key(owner, held)) is None)

    def _drop_crowded(self, gone: Callable[[bytes, int], bool]) -> None:
        for owner, buckets in list(self.crowded.items()):
            kept = {held: value for held, value in buckets.items() if not gone(owner, held)}
            self.crowded[owner] = kept
            if not kept:
                del self.crowded[owner]

    def _rewrite(self, ranges: Sequence[Range]) -> None:
        """Let no file hold or name what was deleted in these ranges. What a crash interrupts, opening does again."""
        compact(self._db, ranges)
        self._write(lambda batch: batch.delete(TO_REWRITE))
        # Closing writes what is in memory too, but does not say whether it could.
        self._db.flush(wait=True)
        # The list of files names the keys at their ends; opening begins a new one.
        self._db.close()
        self._db = self._open()

    def _write(self, fill: Callable[[WriteBatch], None]) -> None:
        """Write what is put into a batch, all of it or nothing.

        RocksDB may take no writes for seconds, while it writes earlier ones to the disk. rocksdict would wait for it
        with the GIL held, heartbeats to Kafka and all; and an attempt uses its batch up.
        """
        while True:
            batch = WriteBatch(raw_mode=True)
            fill(batch)
            try:
                return self._db.write(batch, self._writing)
            except Exception as error:
                if "Write stall" not in str(error):
                    raise
            time.sleep(STALLED_S)

    def _users(self, requests: Sequence[Request]) -> set[str]:
        """The ids of users to forget. Where only hashes are left, those whom the store may still hold."""
        named = {request.user_id for request in requests if request.user_id is not None}
        hashes = {request.hash for request in requests if request.user_id is None}
        return named | users_among(self._db, hashes - self.forgotten)

    def flush(self) -> None:
        """Write what is in memory."""
        with self._explained("write"):
            self._db.flush(wait=True)

    def close(self) -> None:
        """Write what is in memory and let go of the folder."""
        with self._explained("close"):
            self._db.close()

    def _open(self) -> Rdict:
        options = self._memory.options()
        # A store that exists would else have the options that it was made with, and a small cache of its own.
        return Rdict(str(self.folder), options, column_families={"default": options})

    def _meta(self) -> bytes:
        return json.dumps(
            {
                "format": formats.FORMAT,
                "epoch": self.epoch,
                "now": self.event_time.now,
                "newest": self.event_time.newest,
                "read_to": self.read_to,
                "held_since": self.held_since,
                "position": self.position,
            }
        ).encode()

    def _read_meta(self) -> dict[str, Any]:
        raw = self._db.get(META)
        meta: dict[str, Any] = json.loads(raw) if raw else {"format": formats.FORMAT}
        try:
            formats.known(meta["format"])
        except formats.UnknownFormat as unknown:
            way_on = "delete the folder, and what the changelog has of it is restored"
            raise StateError(
                f"The state in {self.folder} has {unknown}: use the version that wrote it, or a later one. "
                f"To go on with this one, {way_on if self._in_changelog else 'replay into a new folder'}."
            ) from unknown
        if meta.get("epoch", self.epoch) != self.epoch:
            raise StateError(
                f"The state in {self.folder} belongs to epoch {meta['epoch']}, not {self.epoch}: "
                "topics that were rebuilt need an empty folder. Delete it, or set epoch back."
            )
        return meta

    def _convert(self, meta: dict[str, Any]) -> None:
        """Bring what a former version wrote to today's form. What a crash interrupts, opening does again."""
        for former in range(meta["format"], formats.FORMAT):
            begun = time.monotonic()
            logger.info(
                "the state in %s is converted from format %d to %d",
                *(self.folder, former, former + 1),
            )
            count = convert(self._db, former, self._write)
            noted = json.dumps({**meta, "format": former + 1}).encode()
            self._write(partial(_note_conversion, noted))
            logger.info(
                "the state in %s is converted: %s entries in %.1f s",
                *(self.folder, f"{count:,}", time.monotonic() - begun),
            )

    def _load_actors(self) -> Actors:
        actors = Actors()
        for piece in pieces(self._db, keys.ACTOR.encode()):
            actors.add(piece)
        return actors

    def _load_counts(self) -> Counts:
        """What was counted. Where nothing was, or by another hash, the events are counted anew."""
        counts, pages = Counts(), dict[bytes, bytes]()
        if self._db.get(keys.HASH) == crowds.HASHED_BY:
            for piece in pieces(self._db, keys.PAGE.encode()):
                for key, page in zip(piece, self._values(piece), strict=True):
                    counts.put((*keys.page_in(key), page))
            return counts
        for piece in pieces(self._db, keys.EVENT.encode()):
            events = keys.read_owners(pl.Series(piece, dtype=pl.Binary))
            added = counts.add(crowds.cells_of(events))
            pages |= {keys.page_key(bucket, number): page for bucket, number, page in added}

        def fill(batch: WriteBatch) -> None:
            batch.delete_range(keys.PAGE.encode(), keys.PAGE.encode() + keys.BEHIND)
            for key, page in pages.items():
                batch.put(key, page)
            batch.put(keys.HASH, crowds.HASHED_BY)

        self._write(fill)
        return counts

    @contextmanager
    def _explained(self, verb: str) -> Iterator[None]:
        """rocksdict raises plain Exceptions: say which folder, and what to do."""
        try:
            yield
        except StateError:
            raise
        except Exception as error:
            raise StateError(
                f"Cannot {verb} the partition state in {self.folder}: {error}. Another worker may hold "
                "the folder, or its disk may be read-only or have no space left. If its files are damaged and there "
                "is a changelog, delete the folder: it is restored."
            ) from error


def _note_conversion(meta: bytes, batch: WriteBatch) -> None:
    batch.put(META, meta)
    # Deletions keep the former keys in files, and with them users who may be forgotten later.
    batch.put(TO_REWRITE, b"")


def _between(found: Sequence[bytes], values: Sequence[bytes], family: str) -> dict[bytes, bytes]:
    """Of sorted keys, those of a family, with their values."""
    first, behind = (bisect_left(found, family.encode() + end) for end in (b"", b"\x80"))
    return dict(zip(found[first:behind], values[first:behind], strict=True))


def _write_options(in_changelog: bool) -> WriteOptions:
    options = WriteOptions()
    # Its stubs have a method where it has a property.
    options.disable_wal = in_changelog  # type: ignore[method-assign, assignment]
    options.no_slowdown = True
    return options
