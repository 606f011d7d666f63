"""The unit of work: consecutive records of one topic and partition."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Self

import numpy as np
from numpy.typing import NDArray

#: What a record costs in memory beside its bytes: two objects of bytes, and its places in four columns.
RECORD_BYTES = 100


@dataclass(frozen=True)
class Batch:
    """Records of one partition of one topic, in offset order, as columns of equal length.

    offsets: ascending; there may be gaps (compaction, transaction markers).
    timestamps: Kafka timestamps, ms since the Unix epoch.
    next_offset: where the partition is read on after this batch.
    """

    topic: str
    partition: int
    offsets: NDArray[np.int64]
    timestamps: NDArray[np.int64]
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    next_offset: int

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def content_bytes(self) -> int:
        """Of its keys and values."""
        return sum(map(len, filter(None, chain(self.keys, self.values))))

    @property
    def memory_bytes(self) -> int:
        """About how much memory it takes."""
        return self.content_bytes + RECORD_BYTES * len(self)

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
        )
        return first, rest
