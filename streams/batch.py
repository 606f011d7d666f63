"""Records as they are read, and the unit of work: what was read of one partition number."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.rejects import Fault, Reject
from streams.timeunits import LATEST_MS, NO_TIMESTAMP

#: What a record costs in memory beside its bytes: its places in four columns.
RECORD_BYTES = 48

_CONTENT = pl.all().bin.size().cast(pl.Int64).sum()


def bounded_times(timestamps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Kafka timestamps, which may be any numbers, as `timeunits.bounded_time` has them."""
    return np.clip(timestamps, NO_TIMESTAMP, LATEST_MS)


@dataclass(frozen=True)
class Batch:
    """Records of one partition of one topic, in offset order, as columns of equal length.

    offsets: ascending; there may be gaps (compaction, transaction markers).
    timestamps: Kafka timestamps, ms since the Unix epoch, see `bounded_times`.
    keys, values: Binary.
    next_offset: where the partition is read on after this batch.
    faults: by offset, of those that were not read whole: keys and values hold their beginnings.
    expired_before: offsets right before it that the broker had deleted before they were read.
    """

    topic: str
    partition: int
    offsets: NDArray[np.int64]
    timestamps: NDArray[np.int64]
    keys: pl.Series
    values: pl.Series
    next_offset: int
    faults: Mapping[int, Fault] = field(default_factory=dict)
    expired_before: int = 0

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def content_bytes(self) -> int:
        """Of its keys and values."""
        columns = pl.DataFrame([self.keys.alias("key"), self.values.alias("value")])
        return sum(columns.select(_CONTENT).row(0))

    @property
    def memory_bytes(self) -> int:
        """About how much memory it takes."""
        return self.content_bytes + RECORD_BYTES * len(self)

    @property
    def unread(self) -> list[Reject]:
        """The rows that were not read whole, ascending."""
        if not self.faults:
            return []
        rows = np.flatnonzero(np.isin(self.offsets, list(self.faults))).tolist()
        found = ((row, self.faults[int(self.offsets[row])]) for row in rows)
        return [Reject(row, fault.reason, fault.detail) for row, fault in found]

    def split(self, at: int) -> tuple[Self, Self]:
        """Its first records, at least one, and the rest, at least one too."""
        first = replace(
            self,
            offsets=self.offsets[:at],
            timestamps=self.timestamps[:at],
            keys=self.keys[:at],
            values=self.values[:at],
            next_offset=int(self.offsets[at]),
        )
        rest = replace(
            self,
            offsets=self.offsets[at:],
            timestamps=self.timestamps[at:],
            keys=self.keys[at:],
            values=self.values[at:],
            expired_before=0,
        )
        return first, rest


@dataclass(frozen=True, slots=True)
class Round:
    """What is processed at once.

    batches: at least one, of one partition number, in the order in which they count as read; of each topic one at most.
    """

    batches: tuple[Batch, ...]

    @property
    def first(self) -> Batch:
        """What it begins with."""
        return self.batches[0]

    @property
    def partition(self) -> int:
        """The number that all of them have."""
        return self.first.partition

    def __len__(self) -> int:
        """Number of records."""
        return sum(map(len, self.batches))

    @property
    def memory_bytes(self) -> int:
        """About how much memory it takes."""
        return sum(batch.memory_bytes for batch in self.batches)
