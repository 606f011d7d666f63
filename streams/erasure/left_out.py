"""What a batch holds of forgotten users, and the batch without it."""

from collections.abc import Iterable, Set
from dataclasses import dataclass

import polars as pl

from schemas.rejects import Reject
from streams.batch import Batch
from streams.erasure.requests import forgotten_among, hash_of


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Records of forgotten users, by their position in the batch.

    events: those whose user_id is one. letters: those that must not become dead letters, which hold key and payload.
    """

    events: Set[int] = frozenset()
    letters: Set[int] = frozenset()

    @classmethod
    def of(
        cls, batch: Batch, decoded: pl.DataFrame, rejects: Iterable[Reject], hashes: Set[str]
    ) -> "LeftOut":
        """Find them.

        decoded: columns row and user_id. rejects: all of the batch. hashes: of the forgotten users.
        """
        if not hashes:
            return cls()
        users = forgotten_among(decoded["user_id"].unique().to_list(), hashes)
        events = set(decoded.filter(pl.col("user_id").is_in(users))["row"].to_list())
        keys = ((reject.row, batch.keys[reject.row]) for reject in rejects)
        keyed = {row for row, key in keys if key is not None and hash_of(key) in hashes}
        return cls(events, keyed | events)

    def without_events(self, events: pl.DataFrame) -> pl.DataFrame:
        """The events of the others."""
        return events.filter(~pl.col("row").is_in(self.events)) if self.events else events

    def without_letters(self, rejects: Iterable[Reject]) -> list[Reject]:
        """The rejects of the others."""
        return [reject for reject in rejects if reject.row not in self.letters]

    def __len__(self) -> int:
        """Number of records of which something was left out."""
        return len(self.letters)
