"""The Confluent wire format: magic byte 0, schema id (4 bytes, big endian), Avro datum."""

import struct
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from schemas.rejects import Reason, Reject
from schemas.varint import Int64Array

HEADER_SIZE = 5
_HEADER = struct.Struct(">bi")
_MAGIC = b"\x00"

_ROW = pl.int_range(pl.len()).alias("row")
_DATUM = pl.col("value").bin.slice(HEADER_SIZE).alias("datum")
_SIZE = (pl.col("value").bin.size().cast(pl.Int64) - HEADER_SIZE).alias("size")


@dataclass(frozen=True, slots=True)
class Group:
    """The messages of a batch that carry one schema id.

    rows: their positions, Int64, ascending. datums: what follows their headers, Binary. sizes: of each datum, in bytes.
    """

    rows: pl.Series
    datums: pl.Series
    sizes: Int64Array

    def __len__(self) -> int:
        return len(self.rows)

    def halves(self) -> "tuple[Group, Group]":
        """The first half of the messages, and the second."""
        at = len(self) // 2
        return (
            Group(self.rows[:at], self.datums[:at], self.sizes[:at]),
            Group(self.rows[at:], self.datums[at:], self.sizes[at:]),
        )


def header(schema_id: int) -> bytes:
    """The five bytes in front of a datum."""
    return _HEADER.pack(0, schema_id)


def split(values: pl.Series) -> tuple[dict[int, Group], list[Reject]]:
    """Take the headers off a batch of messages (Binary), which are grouped by schema id.

    Messages that are not in the wire format become rejects, ascending by row.
    """
    if values.is_empty():
        return {}, []
    head = (values[0] or b"")[:HEADER_SIZE]
    # Nearly always, one producer has written them all.
    if _is_header(head):
        alike = values.to_frame("value").select(_as_of(head))
        if alike["right"][0]:
            return {_schema_id(head): _group(alike)}, []
    return _split_mixed(values)


@lru_cache(64)
def _as_of(head: bytes) -> tuple[pl.Expr, ...]:
    """Positions and datums, and whether all messages have that header."""
    right = pl.col("value").bin.starts_with(head).all(ignore_nulls=False)
    return _ROW, _DATUM, _SIZE, right.alias("right")


def _split_mixed(values: pl.Series) -> tuple[dict[int, Group], list[Reject]]:
    head = pl.col("value").bin.head(HEADER_SIZE)
    right = (head.bin.size() == HEADER_SIZE) & head.bin.starts_with(_MAGIC)
    frame = values.to_frame("value").with_columns(
        _ROW, _DATUM, _SIZE, head=head, right=right.fill_null(False)
    )
    groups = {
        _schema_id(found): _group(part)
        for (found,), part in frame.filter("right").group_by("head", maintain_order=True)
    }
    rejects = [
        Reject(row, Reason.NOT_WIRE_FORMAT, _what_is_wrong(value))
        for value, row in frame.filter(~pl.col("right")).select("value", "row").iter_rows()
    ]
    return groups, rejects


def _group(part: pl.DataFrame) -> Group:
    return Group(part["row"], part["datum"], part["size"].to_numpy())


def _is_header(head: bytes) -> bool:
    return len(head) == HEADER_SIZE and head.startswith(_MAGIC)


def _schema_id(head: bytes) -> int:
    schema_id: int = _HEADER.unpack(head)[1]
    return schema_id


def _what_is_wrong(value: bytes | None) -> str:
    if value is None:
        return "the message has no value"
    if len(value) < HEADER_SIZE:
        return f"{len(value)} bytes are fewer than the {HEADER_SIZE} of the header"
    return f"the first byte is {value[0]}, not the magic byte 0"
