"""What a round adds to the state of its partition number."""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import polars as pl

from streams.erasure.requests import forgotten_among
from streams.event_time import NEVER, EventTime
from streams.kinds import Kind
from streams.state import keys
from streams.state.crowds import Bounds, Cells, cells_of

_ACTIONS = [int(Kind.SAVE), int(Kind.CLICK), int(Kind.PAY)]
_OF_ACTOR = [
    pl.col("user_id"),
    pl.col("brand_id"),
    (pl.col("occurred_at") // keys.BUCKET_MS).alias("bucket"),
]
#: Of entries.
SCHEMA = {"key": pl.Binary, "value": pl.Binary}


class Stage(StrEnum):
    """Which of the changes it is that make a state anew."""

    FIRST = "first"
    MORE = "more"
    LAST = "last"


class Seed(NamedTuple):
    """Of a change that makes a state anew, with others, from the facts in ClickHouse.

    What was in the state before the first of them is void, and until the last has come the state is of no use.

    name: that of all of them, and of no others.
    """

    name: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class Change:
    """Entries to put, and where the state stands then. Putting it twice is putting it once.

    entries: columns key and value, as the store holds them; the keys of actors come last.
    actors: how many of the entries are actors.
    read_to: topic → the offset behind the last record that is in the state then.
    event_time: the clock then.
    counted: where its events are counted, as they are the first of its entries; None if that is to be read from keys.
    bounds: by which all that is in the state then was counted; None if that is not known.
    missed_before: some events before that time (ms) were gone before they were read; NEVER if none are known to be.
    seed: None if what was in the state before stays.
    """

    entries: pl.DataFrame
    actors: int
    read_to: Mapping[str, int]
    event_time: EventTime
    counted: Cells | None = None
    bounds: Bounds | None = None
    missed_before: int = NEVER
    seed: Seed | None = None

    @classmethod
    def of(
        cls,
        events: Sequence[pl.DataFrame],
        read_to: Mapping[str, int],
        event_time: EventTime,
        missed_before: int = NEVER,
    ) -> "Change":
        """The change that events make, a frame for each topic. Columns: those of `streams.events`, and too_late."""
        # No two changes may share a frame, and `concat` returns a single one as it is. polars locks a frame while it
        # is written to the changelog, and may wait for the GIL; a thread that has the GIL would wait for the lock.
        found = [keys.entries(some) for some in events if len(some)] or [
            pl.DataFrame(schema=SCHEMA)
        ]
        counted = [cells_of(some) for some in events if len(some)] or [np.zeros(0, np.int64)]
        acted = [some for some in map(_actions, events) if len(some)]
        if acted:
            found.append(_actors(pl.concat(acted)))
        actors = len(found[-1]) if acted else 0
        cells = np.concatenate(counted)
        entries = pl.concat(found)
        return cls(entries, actors, dict(read_to), event_time, cells, missed_before=missed_before)

    def without(self, hashes: Set[str]) -> "Change":
        """The same without the entries of forgotten users, whose hashes these are."""
        users = keys.users_of(self.entries["key"]) if hashes else pl.Series(dtype=pl.String)
        forgotten = forgotten_among(users.unique().to_list(), hashes)
        if not forgotten:
            return self
        kept = ~users.is_in(forgotten)
        return replace(
            self,
            entries=self.entries.filter(kept),
            actors=int(kept.tail(self.actors).sum()),
            counted=None,
        )

    def counted_by(
        self, bounds: Bounds, markers: Sequence[bytes], next_offsets: Mapping[str, int]
    ) -> "Change":
        """The same, with the keys of buckets that are crowded by these bounds. next_offsets: of the micro-batch."""
        value = json.dumps(next_offsets).encode()
        rows = pl.DataFrame([(key, value) for key in markers], SCHEMA, orient="row")
        at = len(self.entries) - self.actors
        entries = (
            pl.concat([self.entries[:at], rows, self.entries[at:]]) if markers else self.entries
        )
        return replace(self, entries=entries, bounds=bounds)

    @property
    def events(self) -> pl.DataFrame:
        """The entries that are events."""
        if self.counted is not None:
            return self.entries[: len(self.counted)]
        return _of_family(self.entries, keys.EVENT)

    @property
    def crowded(self) -> pl.DataFrame:
        """The entries that are crowded buckets."""
        counted = 0 if self.counted is None else len(self.counted)
        return _of_family(self.entries[counted:], keys.CROWDED)

    @property
    def cells(self) -> Cells:
        """Where each of the events is counted."""
        if self.counted is not None:
            return self.counted
        return cells_of(keys.read_owners(self.events["key"]))

    @property
    def actor_keys(self) -> list[bytes]:
        """Who acted on which brand, and when, as keys of the store."""
        return self.entries["key"].tail(self.actors).to_list()


def _of_family(entries: pl.DataFrame, family: str) -> pl.DataFrame:
    return entries.filter(entries["key"].bin.starts_with(family.encode()))


def _actions(events: pl.DataFrame) -> pl.DataFrame:
    """Saves, clicks and PAYs. Columns: user_id, brand_id, occurred_at."""
    actions = np.isin(events["kind"].to_numpy(), _ACTIONS)
    return events[["user_id", "brand_id", "occurred_at"]].filter(actions)


def _actors(actions: pl.DataFrame) -> pl.DataFrame:
    """Entries of actors: the newest time per user, brand and bucket."""
    newest = actions.group_by(_OF_ACTOR).agg(pl.col("occurred_at").max())
    return keys.actor_keys(newest).to_frame("key").with_columns(value=pl.lit(b""))
