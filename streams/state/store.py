"""The state of one partition on disk: a RocksDB of its own.

One write a round takes its events, the event time and what was read together, so that a crash leaves either
all of a round or nothing of it.
"""

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rocksdict import WriteBatch

from schemas.errors import StateError
from streams.erasure.requests import Request
from streams.event_time import NEVER, EventTime
from streams.state import formats, keys
from streams.state.actors import Actors
from streams.state.change import Change, Stage
from streams.state.conversion import convert
from streams.state.crowded_buckets import CrowdedBuckets
from streams.state.crowds import Bounds
from streams.state.database import TO_REWRITE, Database, explained
from streams.state.erasing import EVERYTHING, ranges_of, users_among
from streams.state.memory import Memory
from streams.state.reader import HistoryReader
from streams.state.scanning import pieces

logger = logging.getLogger(__name__)

META = b"meta"


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
    held_since: every event from here on is held, ms.
    position: how much of the changelog is in it.
    seed: the name of the changes that it was made anew with, None if it never was.
    whole: False as long as the last of them has not come.
    in_changelog: all that is put into it is in a changelog before. Then a crash may take the newest of it, as RocksDB
        keeps no log of its own; what is left is what some earlier `apply` left.
    memory: of all states of the worker.
    forgotten: hashes of the users of whom nothing may be in it.
    bounds: by which all its events were counted, and what they make crowded is noted; None if that is not known.
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
        self.memory = memory or Memory()
        with self._explained("open"):
            self._database = Database(folder, self.memory, in_changelog)
            try:
                self._load()
            except BaseException:
                # Whoever hears of it may delete the folder.
                with suppress(Exception):
                    self._database.close()
                raise

    def _load(self) -> None:
        meta = self._read_meta()
        if meta["format"] != formats.FORMAT:
            self._convert(meta)
        if self._database.get(TO_REWRITE) is not None:
            self._database.rewrite([EVERYTHING])
        self.event_time = EventTime(meta.get("now", NEVER), meta.get("newest", {}))
        self.read_to: dict[str, int] = meta.get("read_to", {})
        self.held_since: int = meta.get("held_since", NEVER)
        self.position = Position(*meta.get("position", Position()))
        self.seed: str | None = meta.get("seed")
        self.whole: bool = meta.get("whole", True)
        # What a changelog brought back may lie before that; it goes once more.
        self._expired = 0
        self.bounds = Bounds(*meta["bounds"]) if meta.get("bounds") else None
        self._actors = self._load_actors()
        self._crowds = CrowdedBuckets(self._database)
        self.forgotten = frozenset(
            key[1:].decode()
            for piece in pieces(self._database.db, keys.FORGOTTEN.encode())
            for key in piece
        )

    def apply(self, change: Change, position: Position | None = None) -> None:
        """Take over a change. position: in the changelog, behind it; None if there is no changelog."""
        # In about the order of keys RocksDB takes them in half the time; of one key the last is to stand.
        entries = change.entries.sort(keys.ABOUT_IN_ORDER, maintain_order=True)
        columns = entries["key"].to_list(), entries["value"].to_list()
        for topic, offset in change.read_to.items():
            self.read_to[topic] = max(offset, self.read_to.get(topic, 0))
        self.event_time = change.event_time
        if change.seed is not None:
            self.seed, self.whole = change.seed.name, change.seed.stage is Stage.LAST
        self.misses_before(change.missed_before)
        self.position = position or self.position
        self.bounds = change.bounds
        meta = self._meta()
        pages = self._crowds.add(change)

        def fill(batch: WriteBatch) -> None:
            for key, value in zip(*columns, strict=True):
                batch.put(key, value)
            for bucket, number, page in pages:
                batch.put(keys.page_key(bucket, number), page)
            batch.put(META, meta)

        with self._explained("write"):
            self._database.write(fill)
        self._actors.add(change.actor_keys)
        self._crowds.note(change.crowded)

    @property
    def crowded_buckets(self) -> int:
        """How many there are; any thread may ask."""
        return len(self._crowds)

    @property
    def crowded(self) -> Mapping[bytes, Mapping[int, Mapping[str, int]]]:
        """See `CrowdedBuckets.by_owner`."""
        return self._crowds.by_owner

    def crowded_of(self, user_id: str, brand_id: str) -> Mapping[int, Mapping[str, int]]:
        """The crowded buckets of a user and brand; see `crowded`."""
        return self.crowded.get(keys.event_owner(user_id, brand_id), {}) if self.crowded else {}

    def crowding(self, change: Change, bounds: Bounds) -> list[bytes]:
        """Which buckets a change makes crowded, by their keys. The change is to be applied next.

        Where what is in the state was not counted by these bounds, those that are crowded without the change, too.
        """
        with self._explained("read"):
            before = [] if bounds.allow(self.bounds) else self._crowds.found_before(bounds)
            found = before + self._crowds.found_in(change, bounds, before)
        return [keys.crowded_key_of(place) for place in found]

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
            return self._database.in_time(identities.to_list())

    def acted_since(self, events: pl.DataFrame) -> NDArray[np.bool_]:
        """For each event: may its user have saved, clicked or paid at or after it? See `Actors`."""
        return self._actors.acted_since(events)

    @contextmanager
    def reader(self) -> Iterator["HistoryReader"]:
        """Read what is in the state at this moment."""
        reader = HistoryReader(self._database.db)
        try:
            with self._explained("read"):
                yield reader
        finally:
            reader.close()

    def expire(self, before: int) -> None:
        """Forget buckets that end before a time (ms)."""
        bucket = keys.bucket_of(before)
        if bucket <= self._expired:
            return
        self._expired = bucket
        self.misses_before(keys.bucket_start_ms(bucket))

        def fill(batch: WriteBatch) -> None:
            for family in (*keys.OF_USERS, keys.PAGE):
                batch.delete_range(keys.bucket_start(family, 0), keys.bucket_start(family, bucket))
            batch.put(META, self._meta())

        with self._explained("write"):
            self._database.write(fill)
        self._crowds.expire(bucket)

    def forget(self, requests: Sequence[Request]) -> None:
        """Delete what is held of these users, from the files too, and remember their hashes."""
        with self._explained("write"):
            users = self._users(requests)
            ranges = [r for user in users for r in ranges_of(self._database.db, user)]
            found = {request.hash for request in requests}

            def fill(batch: WriteBatch) -> None:
                for first, behind in ranges:
                    batch.delete_range(first, behind)
                for user_hash in found - self.forgotten:
                    batch.put(keys.forgotten_key(user_hash), b"")
                if ranges:
                    batch.put(TO_REWRITE, b"")

            self._database.write(fill)
            if ranges:
                self._database.rewrite(ranges)
        self.forgotten |= found
        self._crowds.forget()

    def _users(self, requests: Sequence[Request]) -> set[str]:
        """The ids of users to forget. Where only hashes are left, those whom the store may still hold."""
        named = {request.user_id for request in requests if request.user_id is not None}
        hashes = {request.hash for request in requests if request.user_id is None}
        return named | users_among(self._database.db, hashes - self.forgotten)

    def flush(self) -> None:
        """Write what is in memory."""
        with self._explained("write"):
            self._database.flush()

    def close(self) -> None:
        """Write what is in memory and let go of the folder."""
        with self._explained("close"):
            self._database.close()

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
                **({} if self.seed is None else {"seed": self.seed, "whole": self.whole}),
                "bounds": self.bounds,
            }
        ).encode()

    def _read_meta(self) -> dict[str, Any]:
        raw = self._database.get(META)
        meta: dict[str, Any] = json.loads(raw) if raw else {"format": formats.FORMAT}
        try:
            formats.known(meta["format"])
        except formats.UnknownFormat as unknown:
            way_on = "delete the folder, and what the changelog has of it is restored"
            raise StateError(
                f"The state in {self.folder} has {unknown}: use the version that wrote it, or a later one. "
                f"To go on with this one, {way_on if self._database.in_changelog else 'replay into a new folder'}."
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
            count = convert(self._database, former)
            meta |= {"format": former + 1}
            self._put_meta(json.dumps(meta).encode())
            logger.info(
                "the state in %s is converted: %s entries in %.1f s",
                *(self.folder, f"{count:,}", time.monotonic() - begun),
            )

    def _put_meta(self, meta: bytes) -> None:
        self._database.write(lambda batch: batch.put(META, meta))

    def _load_actors(self) -> Actors:
        actors = Actors()
        for piece in pieces(self._database.db, keys.ACTOR.encode()):
            actors.add(piece)
        return actors

    def _explained(self, verb: str) -> AbstractContextManager[None]:
        return explained(self.folder, verb)
