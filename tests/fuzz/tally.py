"""What a run counts, and the summary of it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from fuzz.batches import Batch
from schemas.block import BlockReader
from schemas.rejects import Reason
from schemas.resolve import ColumnResolver


@dataclass
class Tally:
    """Counts of a run.

    damaged_rows: of the damaged datums, those that still mean something.
    in_blocks: rows that were decoded in blocks; the other rows were read singly.
    whole, split: blocks, also halves of others; what was split was halved or read singly.
    panics: where in polars → how often it panicked, which the codec takes for a block to split.
    """

    batches: int = 0
    datums: int = 0
    damaged: int = 0
    damaged_rows: int = 0
    rows: int = 0
    in_blocks: int = 0
    rejects: Counter[Reason] = field(default_factory=Counter)
    mutations: Counter[str] = field(default_factory=Counter)
    whole: int = 0
    split: int = 0
    panics: Counter[str] = field(default_factory=Counter)
    crashes: int = 0
    wrong: int = 0

    def add(self, batch: Batch) -> None:
        rejects = Counter(bad for bad in batch.outcomes if isinstance(bad, Reason))
        self.batches += 1
        self.datums += len(batch.values)
        self.damaged += len(batch.damaged)
        self.damaged_rows += sum(
            not isinstance(batch.outcomes[row], Reason) for row in batch.damaged
        )
        self.rows += len(batch.values) - rejects.total()
        self.rejects += rejects
        self.mutations += batch.mutations

    @contextmanager
    def counting_blocks(self) -> Iterator[None]:
        """Count the blocks that the codec decodes meanwhile."""
        read, resolve = BlockReader.read, ColumnResolver.resolve

        def counted_read(reader, datums, sizes):
            frame = read(reader, datums, sizes)
            self.split += frame is None
            return frame

        def counted_resolve(resolver, physical):
            frame = resolve(resolver, physical)
            self.split += frame is None
            self.whole += frame is not None
            self.in_blocks += 0 if frame is None else frame.height
            return frame

        with (
            patch.object(BlockReader, "read", counted_read),
            patch.object(ColumnResolver, "resolve", counted_resolve),
        ):
            yield

    def summary(self, seconds: float) -> str:
        """A line for each thing counted."""
        lines = [
            f"{self.datums:>12,} datums in {self.batches:,} batches, {seconds:,.0f} s",
            f"{self.damaged:>12,} damaged, {self.damaged_rows:,} of them to what can still be decoded",
            f"{self.rows:>12,} decoded, {self.in_blocks:,} of them in blocks",
            *(f"{count:>12,} rejected: {reason}" for reason, count in self.rejects.most_common()),
            f"{self.whole:>12,} blocks decoded whole",
            f"{self.split:>12,} blocks split",
            *(f"{count:>12,} panics of polars at {at}" for at, count in self.panics.most_common()),
            f"{self.mutations.total():>12,} mutations",
            *(f"{count:>12,}   {name}" for name, count in sorted(self.mutations.items())),
            f"{self.crashes:>12,} crashes",
            f"{self.wrong:>12,} wrong batches" if self.wrong else f"{0:>12,} wrong rows",
        ]
        return "\n".join(lines)
