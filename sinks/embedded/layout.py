"""Where columns end in ClickHouse's Native format, without decoding their values.

A type becomes a Column that can step over its bytes. Lengths come from the data, so a hostile one ends in
ByteReader's limits. Types whose bytes cannot be measured (aggregate states, JSON, Dynamic, Variant) raise code 48.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from sinks.embedded.errors import QueryError
from sinks.embedded.wire import ByteReader

NOT_IMPLEMENTED = 48
UNKNOWN_TYPE = 50

_WIDTHS = {
    "Int8": 1, "Int16": 2, "Int32": 4, "Int64": 8, "Int128": 16, "Int256": 32,
    "UInt8": 1, "UInt16": 2, "UInt32": 4, "UInt64": 8, "UInt128": 16, "UInt256": 32,
    "BFloat16": 2, "Float32": 4, "Float64": 8, "Bool": 1, "Nothing": 1, "UUID": 16, "IPv4": 4, "IPv6": 16,
    "Date": 2, "Date32": 4, "DateTime": 4, "DateTime64": 8, "Time": 4, "Time64": 8, "Enum8": 1, "Enum16": 2,
    "Decimal32": 4, "Decimal64": 8, "Decimal128": 16, "Decimal256": 32,
}  # fmt: skip
_ALIASES = {
    "Point": "Tuple(Float64, Float64)",
    "Ring": "Array(Point)",
    "LineString": "Array(Point)",
    "Polygon": "Array(Ring)",
    "MultiLineString": "Array(LineString)",
    "MultiPolygon": "Array(Polygon)",
}
#: Of a type's name, which is read once for each type that is around another.
_MAX_CHARACTERS = 1 << 16
_DECIMAL_WIDTHS = ((9, 4), (18, 8), (38, 16), (76, 32))
_ELEMENT_NAME = re.compile(r"\A(?:`(?:\\.|[^`\\])*`|\w+)\s+(?=\w)")


class Column(Protocol):
    """The shape of a column's bytes."""

    def prefix(self, reader: ByteReader) -> None:
        """Step over what comes once, before the rows."""

    def skip(self, reader: ByteReader, rows: int) -> None:
        """Step over the values of `rows` rows."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Values of one width, in bytes."""

    width: int

    def prefix(self, reader: ByteReader) -> None:
        pass

    def skip(self, reader: ByteReader, rows: int) -> None:
        reader.skip(self.width * rows)


@dataclass(frozen=True, slots=True)
class Text:
    """Strings, each with its length before it."""

    def prefix(self, reader: ByteReader) -> None:
        pass

    def skip(self, reader: ByteReader, rows: int) -> None:
        data, pos = reader.data, reader.pos
        while rows:
            try:
                # The hot loop of every insert: one-byte lengths without a call.
                while rows:
                    size = data[pos]
                    if size < 0x80:
                        pos += size + 1
                    else:
                        reader.pos = pos
                        size = reader.varint()
                        pos = reader.pos + size
                    rows -= 1
            except IndexError:
                reader.ensure(pos + 1)
        reader.pos = pos
        reader.skip(0)


@dataclass(frozen=True, slots=True)
class Nullable:
    """A byte per row, then the values."""

    inner: Column

    def prefix(self, reader: ByteReader) -> None:
        self.inner.prefix(reader)

    def skip(self, reader: ByteReader, rows: int) -> None:
        reader.skip(rows)
        self.inner.skip(reader, rows)


@dataclass(frozen=True, slots=True)
class Array:
    """End offsets, UInt64 per row, then the elements of all rows."""

    inner: Column

    def prefix(self, reader: ByteReader) -> None:
        self.inner.prefix(reader)

    def skip(self, reader: ByteReader, rows: int) -> None:
        if rows:
            reader.skip(8 * (rows - 1))
            self.inner.skip(reader, reader.uint64())


@dataclass(frozen=True, slots=True)
class Tuple:
    """The elements one after the other, each for all rows."""

    inners: tuple[Column, ...]

    def prefix(self, reader: ByteReader) -> None:
        for inner in self.inners:
            inner.prefix(reader)

    def skip(self, reader: ByteReader, rows: int) -> None:
        for inner in self.inners:
            inner.skip(reader, rows)


@dataclass(frozen=True, slots=True)
class LowCardinality:
    """A dictionary, then an index per row whose width the data says."""

    inner: Column

    def prefix(self, reader: ByteReader) -> None:
        reader.skip(8)

    def skip(self, reader: ByteReader, rows: int) -> None:
        while rows > 0:
            width = 1 << (reader.uint64() & 0x3)
            self.inner.skip(reader, reader.uint64())
            indexes = reader.uint64()
            reader.skip(width * indexes)
            # A run without rows would keep a hostile client's block open for ever.
            rows -= max(indexes, 1)


@lru_cache(maxsize=1024)
def column(type_name: str) -> Column:
    """The shape of a type by its name, e.g. `Array(Nullable(DateTime64(3, 'Asia/Shanghai')))`.

    Raises QueryError: 48 when the bytes of the type cannot be measured, 50 when the name makes no sense.
    """
    if len(type_name) > _MAX_CHARACTERS:
        raise QueryError(
            NOT_IMPLEMENTED, f"The name of a type has over {_MAX_CHARACTERS} characters"
        )
    try:
        return _column(type_name)
    except (ValueError, IndexError, StopIteration, RecursionError) as error:
        raise QueryError(UNKNOWN_TYPE, f"Unknown data type: {type_name[:200]}") from error


def _column(type_name: str) -> Column:
    name, arguments = _split(type_name.strip())
    if name in _WIDTHS:
        return Fixed(_WIDTHS[name])
    if name in _ALIASES:
        return column(_ALIASES[name])
    if name.startswith("Interval"):
        return Fixed(8)
    if name == "String":
        return Text()
    if name == "FixedString":
        return Fixed(int(arguments[0]))
    if name == "Decimal":
        return Fixed(next(width for limit, width in _DECIMAL_WIDTHS if int(arguments[0]) <= limit))
    return _composite(name, arguments, type_name)


def _composite(name: str, arguments: list[str], type_name: str) -> Column:
    if name == "Nullable":
        return Nullable(column(arguments[0]))
    if name == "Array":
        return Array(column(arguments[0]))
    if name == "LowCardinality":
        inner = column(arguments[0])
        return LowCardinality(inner.inner if isinstance(inner, Nullable) else inner)
    if name == "SimpleAggregateFunction":
        return column(arguments[-1])
    if name == "Map":
        return Array(Tuple((column(arguments[0]), column(arguments[1]))))
    if name in ("Tuple", "Nested"):
        elements = tuple(column(_ELEMENT_NAME.sub("", part, count=1)) for part in arguments)
        # A tuple without elements takes one byte per row.
        shape = Tuple(elements) if elements else Fixed(1)
        return Array(shape) if name == "Nested" else shape
    raise QueryError(
        NOT_IMPLEMENTED,
        f"The embedded server does not carry the type {type_name} over the native protocol; "
        "convert it in the query, or use HTTP",
    )


def _split(type_name: str) -> tuple[str, list[str]]:
    """A type's name and its arguments, split at the commas outside brackets and quotes."""
    name, bracket, rest = type_name.partition("(")
    if not bracket:
        return name, []
    parts, depth, start = [], 0, 0
    inside = rest.rstrip()[:-1]
    for found in re.finditer(r"'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|[(),]", inside):
        mark = found[0]
        depth += (mark == "(") - (mark == ")")
        if mark == "," and depth == 0:
            parts.append(inside[start : found.start()].strip())
            start = found.end()
    last = inside[start:].strip()
    return name.strip(), [*parts, last] if last else parts
