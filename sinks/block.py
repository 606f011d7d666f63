"""Rows on their way to one table, as columns, and what takes them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any, Protocol

from numpy.typing import NDArray

from sinks.tables import TABLES

Column = Sequence[Any] | NDArray[Any]


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of one table.

    table: one of sinks.tables.TABLES.
    columns: a list, tuple or numpy array per column, all of one length. Times are Int64 ms since
        the Unix epoch, dates are days since the Unix epoch (or date objects), enumerations are
        their numbers, flags 0 or 1, NULL is None.

    Raises ValueError when the table or a column is unknown, or a column is missing or of another
    length.
    """

    table: str
    columns: Mapping[str, Column]

    def __post_init__(self) -> None:
        table = TABLES.get(self.table)
        if table is None:
            raise ValueError(f"no table {self.table!r}; known are {', '.join(TABLES)}")
        unknown = self.columns.keys() - set(table.columns)
        missing = set(table.columns) - table.optional - self.columns.keys()
        if unknown or missing:
            raise ValueError(
                f"columns of a block for {self.table}: "
                f"unknown {sorted(unknown)}, missing {sorted(missing)}"
            )
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of a block for {self.table} differ in length: {lengths}")

    def __len__(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values())))

    def cut(self, max_rows: int) -> Iterator["Block"]:
        """The same rows in their order, in blocks of at most max_rows; none for an empty block."""
        if 0 < len(self) <= max_rows:
            yield self
            return
        for start in range(0, len(self), max_rows):
            part = {name: column[start : start + max_rows] for name, column in self.columns.items()}
            yield Block(self.table, part)


class Sink(Protocol):
    """What takes blocks; sinks.writer.Writer and sinks.memory.MemorySink do."""

    def insert(self, block: Block, give_up: Event | None = None) -> None:
        """Return once the rows are safe; raise SinkUnavailable or SinkRejected when they are
        not. Once give_up is set, try no more."""
