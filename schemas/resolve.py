"""From what the writer wrote to what the reader expects: Avro's rules of schema resolution.

Fields are matched by name or alias; missing ones get the reader's default; numbers are promoted,
strings and bytes turn into each other, unknown enum symbols become the reader's default symbol.

The rules stand here twice, for whole columns and for single values. The library's own resolution is
not used: it knows neither aliases, nor defaults of enums, and it does not convert what it promotes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from avro.compatibility import lookup_writer_field
from polars.exceptions import PolarsError

from schemas.columns import Column, Kind, column_of
from schemas.errors import SchemaError
from schemas.registry import Contract
from schemas.strict import Undecodable

_NUMBERS = (Kind.INT, Kind.LONG, Kind.FLOAT, Kind.DOUBLE)
_TEXTS = {Kind.STRING, Kind.BYTES}

#: Stands for the default of a field that has none.
MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class ReaderField:
    """A field of the current contract: its column, its default or MISSING, the parsed field."""

    column: Column
    default: Any
    avro_field: Any


def reader_fields(contract: Contract) -> tuple[ReaderField, ...]:
    """The fields of a contract that is to be read into columns.

    Raises SchemaError if a field does not fit a column, or if a default does not fit its field.
    """
    return tuple(_reader_field(contract, field) for field in contract.schema.fields)


def _reader_field(contract: Contract, field: Any) -> ReaderField:
    column = column_of(field.name, field.type)
    if column is None:
        raise SchemaError(
            f"{contract.origin}: field {field.name} is neither a primitive, nor an enum, nor a "
            "union of null and one of these; the current contract of a topic must be flat."
        )
    if not field.has_default:
        return ReaderField(column, MISSING, field)
    default = field.default
    if column.kind is Kind.BYTES and isinstance(default, str):
        default = default.encode("latin-1")
    if field.type.validate(default) is None:
        raise SchemaError(
            f"{contract.origin}: the default {field.default!r} of field {field.name} does not fit "
            "its type; correct the default."
        )
    return ReaderField(column, default, field)


def promotes(writer: Kind, reader: Kind) -> bool:
    """Whether a reader of one kind takes values that were written as another."""
    if writer in _NUMBERS and reader in _NUMBERS:
        return _NUMBERS.index(writer) <= _NUMBERS.index(reader)
    return writer is reader or {writer, reader} == _TEXTS


class ColumnResolver:
    """Turns the physical columns of one writer schema into the columns of the reader.

    writer: the columns of the writer, in the order of the physical ones.
    """

    def __init__(self, writer: tuple[Column, ...], record: Any, fields: tuple[ReaderField, ...]):
        physical = {column.name: (f"c{i}", column) for i, column in enumerate(writer)}
        self._expressions: list[pl.Expr] = []
        self._may_lack: list[tuple[Column, str]] = []
        self.possible = True
        for field in fields:
            written = lookup_writer_field(record, field.avro_field)
            if written is not None:
                self._link(field.column, *physical[written.name])
            elif field.default is MISSING:
                self.possible = False
            else:
                default = pl.repeat(field.default, pl.len(), dtype=field.column.dtype)
                self._expressions.append(default.alias(field.column.name))

    def _link(self, reader: Column, source: str, writer: Column) -> None:
        if not promotes(writer.kind, reader.kind):
            self.possible = False
            return
        self._expressions.append(_logical(pl.col(source), writer, reader).alias(reader.name))
        if writer.nullable or None in _known_symbols(writer, reader):
            self._may_lack.append((reader, source))

    def resolve(self, physical: pl.DataFrame) -> pl.DataFrame | None:
        """The reader's columns, or None if a value of some row has no place in them."""
        try:
            frame = physical.select(self._expressions)
        except PolarsError:  # bytes that are no UTF-8, read as a string
            return None
        for reader, source in self._may_lack:
            nulls = frame[reader.name].null_count()
            if nulls and (not reader.nullable or nulls > physical[source].null_count()):
                return None
        return frame


def _logical(physical: pl.Expr, writer: Column, reader: Column) -> pl.Expr:
    if writer.kind is Kind.BOOLEAN:
        return physical == -1
    if writer.kind is Kind.ENUM:
        return pl.lit(pl.Series(_known_symbols(writer, reader), dtype=pl.String)).gather(physical)
    if writer.kind is reader.kind is not Kind.INT:
        return physical
    return physical.cast(reader.dtype)


def _known_symbols(writer: Column, reader: Column) -> list[str | None]:
    return [symbol_for(symbol, reader) for symbol in writer.symbols]


def symbol_for(symbol: str, reader: Column) -> str | None:
    """What a reader takes a writer's enum symbol for; None if it cannot read it."""
    return symbol if symbol in reader.symbols else reader.symbol_default


def resolve_record(
    written: dict[str, Any], record: Any, fields: tuple[ReaderField, ...]
) -> tuple[Any, ...]:
    """One record, as `read_datum` returns it, in the reader's columns.

    record: its parsed writer schema.
    Raises Undecodable if a value has no place in them.
    """
    return tuple(_resolve_field(written, record, field) for field in fields)


def unreadable(record: Any, fields: tuple[ReaderField, ...]) -> str:
    """Why values of a parsed writer schema may have no place in the reader's columns.

    Empty if `resolve_record` takes every record of it.
    """
    for field in fields:
        written = lookup_writer_field(record, field.avro_field)
        if written is not None:
            branches = written.type.schemas if written.type.type == "union" else [written.type]
            for branch in branches:
                if why := _unreadable_branch(branch, field.column):
                    return f"cannot be read: field {field.column.name} {why}"
        elif field.default is MISSING:
            return f"cannot be read: it has no field {field.column.name}, nor has that a default"
    return ""


def _unreadable_branch(branch: Any, reader: Column) -> str:
    if branch.type == "null":
        return "" if reader.nullable else "may be null"
    writer = column_of(reader.name, branch)
    if writer is None or not promotes(writer.kind, reader.kind):
        return f"may be Avro {branch.type}"
    unknown = [symbol for symbol in writer.symbols if symbol_for(symbol, reader) is None]
    return f"may be the symbol {unknown[0]}" if unknown else ""


def _resolve_field(written: dict[str, Any], record: Any, field: ReaderField) -> Any:
    source = lookup_writer_field(record, field.avro_field)
    if source is None:
        if field.default is MISSING:
            raise Undecodable(
                f"its schema has no field {field.column.name}, nor has that a default"
            )
        return field.default
    schema, value = source.type, written[source.name]
    if schema.type == "union":
        schema, value = value
    if schema.type == "null" and field.column.nullable:
        return None
    writer = column_of(source.name, schema)
    if writer is None or not promotes(writer.kind, field.column.kind):
        raise Undecodable(f"field {field.column.name} cannot be read from Avro {schema.type}")
    return _convert(value, writer.kind, field.column)


def _convert(value: Any, writer: Kind, reader: Column) -> Any:
    if writer is Kind.ENUM:
        symbol = symbol_for(value, reader)
        if symbol is None:
            raise Undecodable(f"field {reader.name} does not know the symbol {value}")
        return symbol
    if writer is reader.kind:
        return value
    if reader.kind is Kind.BYTES:
        return value.encode()
    if reader.kind is Kind.STRING:
        return _text(value, reader)
    if reader.kind is Kind.FLOAT:
        return float(np.int64(value).astype(np.float32))  # rounds once, as a column's cast does
    return float(value) if reader.kind is Kind.DOUBLE else value


def _text(value: bytes, reader: Column) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise Undecodable(f"field {reader.name}: {error}") from error
