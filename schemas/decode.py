"""Decoding what was written with one schema: in blocks if possible, else message by message."""

from dataclasses import dataclass, field

import polars as pl

from schemas.block import BlockReader
from schemas.columns import flat_columns
from schemas.registry import Contract
from schemas.rejects import Reason, Reject
from schemas.resolve import ColumnResolver, ReaderField, resolve_record
from schemas.strict import Undecodable, read_datum
from schemas.wire import Group

# Up to here, reading messages singly (16 µs each) is no dearer than trying two smaller blocks.
_SMALL_BLOCK = 32


@dataclass(slots=True)
class Output:
    """Collects what a batch was decoded to.

    frames: `row` and the reader's columns.
    rejects: in any order.
    """

    frames: list[pl.DataFrame] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def add(self, rows: pl.Series, frame: pl.DataFrame) -> None:
        self.frames.append(frame.insert_column(0, rows.alias("row")))


class WriterDecoder:
    """Decodes datums of one writer schema to the columns of the reader.

    Whether blocks can be used is decided here, by the schema alone.
    """

    def __init__(self, writer: Contract, fields: tuple[ReaderField, ...]) -> None:
        self._writer = writer
        self._fields = fields
        self._block: tuple[BlockReader, ColumnResolver] | None = None
        columns = flat_columns(writer.schema)
        if columns is not None:
            resolver = ColumnResolver(columns, writer.schema, fields)
            if resolver.possible:
                self._block = BlockReader(columns), resolver

    def decode(self, group: Group, out: Output) -> None:
        """Decode the messages of a group (at least one); each ends in `out` once."""
        if self._block is None:
            self._one_by_one(group, out)
            return
        reader, resolver = self._block
        physical = reader.read(group.datums, group.sizes)
        frame = None if physical is None else resolver.resolve(physical)
        if frame is not None:
            out.add(group.rows, frame)
        elif len(group) <= _SMALL_BLOCK:
            self._one_by_one(group, out)
        else:
            # Halving corners the culprit, so one bad message does not slow down all the others.
            for half in group.halves():
                self.decode(half, out)

    def _one_by_one(self, group: Group, out: Output) -> None:
        good, records = [], []
        for row, datum in zip(group.rows, group.datums, strict=True):
            try:
                written = read_datum(self._writer.schema, datum)
                records.append(resolve_record(written, self._writer.schema, self._fields))
                good.append(row)
            except Undecodable as error:
                detail = f"schema {self._writer.schema_id}: {error}"
                out.rejects.append(Reject(row, Reason.UNDECODABLE, detail))
        if good:
            columns = {item.column.name: item.column.dtype for item in self._fields}
            out.add(
                pl.Series(good, dtype=pl.Int64), pl.DataFrame(records, schema=columns, orient="row")
            )
