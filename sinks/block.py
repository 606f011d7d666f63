"""Rows on their way to one table, as columns, and what takes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event
from typing import Protocol

import polars as pl

from sinks.tables import TABLES

#: What a column takes beside its values. Measured.
COLUMN_BYTES = 500
#: What a string takes beside its characters: polars has a view of 16 bytes of each, which it does not count.
STRING_BYTES = 16


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some rows of one table.

    table: one of sinks.tables.TABLES.
    frame: its columns, in any order, in the types that the table names.

    Raises ValueError when the table or a column is unknown, or a column is missing or of another
    type.
    """

    table: str
    frame: pl.DataFrame

    def __post_init__(self) -> None:
        table = TABLES.get(self.table)
        if table is None:
            raise ValueError(f"no table {self.table!r}; known are {', '.join(TABLES)}")
        schema = self.frame.schema
        unknown = schema.keys() - table.columns.keys()
        missing = table.columns.keys() - table.optional - schema.keys()
        if unknown or missing:
            raise ValueError(
                f"columns of a block for {self.table}: "
                f"unknown {sorted(unknown)}, missing {sorted(missing)}"
            )
        for name, dtype in schema.items():
            if dtype != table.columns[name]:
                raise ValueError(
                    f"column {name} of a block for {self.table} is {dtype}, not {table.columns[name]}"
                )

    def __len__(self) -> int:
        """Number of rows."""
        return self.frame.height

    @property
    def entries(self) -> int:
        """Number of its rows, and of what is in their lists."""
        lists = [column for column in self.frame if isinstance(column.dtype, pl.List)]
        return len(self) + max((int(column.list.len().sum()) for column in lists), default=0)

    @property
    def memory_bytes(self) -> int:
        """About how much memory the rows take; small blocks are mostly columns."""
        strings = sum(_strings(column) for column in self.frame)
        return (
            int(self.frame.estimated_size())
            + COLUMN_BYTES * self.frame.width
            + STRING_BYTES * strings
        )

    def cut(self, max_rows: int, max_bytes: int) -> Iterator["Block"]:
        """The same rows in their order, in blocks of at most max_rows and about max_bytes; none for an empty block."""
        per_row = self.memory_bytes / max(len(self), 1)
        rows = min(max_rows, int(max_bytes / max(per_row, 1)))
        for part in self.frame.iter_slices(max(rows, 1)):
            yield Block(self.table, part)


def _strings(column: pl.Series) -> int:
    """How many strings a column has."""
    if column.dtype == pl.List(pl.String):
        return int(column.list.len().sum())
    return len(column) if column.dtype in (pl.String, pl.Binary) else 0


class Sink(Protocol):
    """What takes blocks; sinks.writer.Writer and sinks.memory.MemorySink do."""

    def insert(self, block: Block, give_up: Event | None = None) -> None:
        """Return once the rows are safe; raise SinkUnavailable or SinkRejected when they are
        not. Once give_up is set, try no more."""
