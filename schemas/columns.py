"""Flat Avro records as columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import polars as pl


class Kind(StrEnum):
    """The Avro types that a column can have."""

    STRING = "string"
    BYTES = "bytes"
    BOOLEAN = "boolean"
    INT = "int"
    LONG = "long"
    FLOAT = "float"
    DOUBLE = "double"
    ENUM = "enum"


_DTYPES: dict[Kind, pl.DataType] = {
    Kind.STRING: pl.String(),
    Kind.BYTES: pl.Binary(),
    Kind.BOOLEAN: pl.Boolean(),
    Kind.INT: pl.Int32(),
    Kind.LONG: pl.Int64(),
    Kind.FLOAT: pl.Float32(),
    Kind.DOUBLE: pl.Float64(),
    Kind.ENUM: pl.String(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A field that fits a column: one of the kinds, or a union of null and one of them.

    null_branch: position of null in the union; None if the field is not nullable.
    symbols: of an enum, in their order.
    symbol_default: of an enum, what a reader takes for a symbol that it does not know.
    """

    name: str
    kind: Kind
    null_branch: int | None = None
    symbols: tuple[str, ...] = ()
    symbol_default: str | None = None

    @property
    def dtype(self) -> pl.DataType:
        """The polars type of the decoded values."""
        return _DTYPES[self.kind]

    @property
    def nullable(self) -> bool:
        return self.null_branch is not None


def binary(values: Sequence[bytes | None]) -> pl.Series:
    """A Binary column of them."""
    return pl.Series(values, dtype=pl.Binary)


def column_of(name: str, schema: Any) -> Column | None:
    """The column for a field's parsed Avro schema; None for nested, fixed and wider union types."""
    null_branch = None
    if schema.type == "union":
        kinds = [branch.type for branch in schema.schemas]
        if len(kinds) != 2 or "null" not in kinds:
            return None
        null_branch = kinds.index("null")
        schema = schema.schemas[1 - null_branch]
    if schema.type not in Kind.__members__.values():
        return None
    kind = Kind(schema.type)
    if kind is not Kind.ENUM:
        return Column(name, kind, null_branch)
    return Column(name, kind, null_branch, tuple(schema.symbols), schema.props.get("default"))


def flat_columns(record: Any) -> tuple[Column, ...] | None:
    """One column for each field of a parsed record; None if one does not fit, or there are none."""
    columns = [column_of(field.name, field.type) for field in record.fields]
    flat = tuple(column for column in columns if column is not None)
    return flat if flat and len(flat) == len(columns) else None
