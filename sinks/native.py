"""Columns as bytes of ClickHouse's Native format, made without a Python object per value."""

import re
from typing import Final

import numpy as np
import polars as pl

#: From how many rows, and from how many strings, the calls of polars cost less than the driver's objects. Measured.
MANY_ROWS: Final = 300
MANY_STRINGS: Final = 1_500

#: Types whose values ClickHouse keeps as polars does.
_SAME: Final = {
    "Bool": pl.Boolean(),
    "UInt8": pl.UInt8(),
    "UInt16": pl.UInt16(),
    "Int8": pl.Int8(),
    "Int32": pl.Int32(),
    "Int64": pl.Int64(),
}
_WRAPPED: Final = re.compile(r"(SimpleAggregateFunction|Nullable|Array)\((?:\w+, )?(.+)\)")
_ENUM8: Final = re.compile(r"Enum8\('[^'\\]*' = -?\d+(?:, '[^'\\]*' = -?\d+)*\)")
_ENUM_NUMBER: Final = re.compile(r"' = (-?\d+)")

#: LowCardinality: a dictionary comes with the column, and takes the place of any before it.
_DICTIONARY_VERSION: Final = 1
_HAS_DICTIONARY: Final = 1 << 9 | 1 << 10
#: What an index is called, by its size in bytes.
_INDEX_TYPES: Final = {1: 0, 2: 1, 4: 2}


def column_bytes(column: pl.Series, type_name: str) -> bytes | None:
    """All values of a column that ClickHouse has as `type_name`, numbers as Enum8 and as ticks of DateTime64.

    None when that is for the driver to do: the values are few, the type is not known here, or one of them is not of it.
    """
    if type_name == "LowCardinality(String)":
        return _indexed(column)
    return _bytes(column, type_name)


def _bytes(column: pl.Series, type_name: str) -> bytes | None:
    wrapped = _WRAPPED.fullmatch(type_name)
    if wrapped is None:
        return None if column.null_count() else _plain(column, type_name)
    wrapper, inner = wrapped.groups()
    if wrapper == "SimpleAggregateFunction":
        return _bytes(column, inner)
    if len(column) < MANY_ROWS:
        return None
    return _nullable(column, inner) if wrapper == "Nullable" else _arrays(column, inner)


def _nullable(column: pl.Series, inner: str) -> bytes | None:
    """A byte for each value that says whether it is null; then the values, with a zero for each null."""
    values = _plain(column.fill_null(strategy="zero"), inner)
    return None if values is None else _numbers(column.is_null()) + values


def _arrays(column: pl.Series, inner: str) -> bytes | None:
    """Where each array ends among the values of all; then these."""
    if column.dtype != pl.List or column.null_count():
        return None
    sizes = column.list.len()
    values = _bytes(column.filter(sizes > 0).explode(), inner)
    return None if values is None else _numbers(sizes.cast(pl.UInt64).cum_sum()) + values


def _plain(column: pl.Series, type_name: str) -> bytes | None:
    """Values, none of them null, of a type that is made of no other."""
    if type_name == "String":
        many = column.dtype == pl.String and len(column) >= MANY_STRINGS
        return _strings(column) if many else None
    if type_name == "Date":
        return _days(column) if column.dtype == pl.Date else None
    if type_name.startswith("Enum8("):
        return _numbers(column) if _of_enum(column, type_name) else None
    expected = pl.Int64() if type_name.startswith("DateTime64(") else _SAME.get(type_name)
    return _numbers(column) if column.dtype == expected else None


def _numbers(column: pl.Series) -> bytes:
    return column.to_numpy().tobytes()


def _days(column: pl.Series) -> bytes | None:
    days = column.to_physical().cast(pl.UInt16, strict=False)
    return None if days.null_count() else _numbers(days)


def _of_enum(column: pl.Series, type_name: str) -> bool:
    """Whether all are numbers that the enum names."""
    if column.dtype != pl.Int8 or not _ENUM8.fullmatch(type_name):
        return False
    named = np.zeros(256, np.bool_)
    named[[int(number) for number in _ENUM_NUMBER.findall(type_name)]] = True
    return bool(named[column.to_numpy()].all())


def _strings(column: pl.Series) -> bytes:
    """Each string behind its size: seven bits to a byte, the lowest first, the eighth set where another follows."""
    sizes = column.str.len_bytes().to_numpy().astype(np.int64)
    text = np.frombuffer(column.str.join("").cast(pl.Binary).item(), np.uint8)
    starts = np.cumsum(sizes) - sizes
    if sizes.max(initial=0) < 128:
        return np.insert(text, starts, sizes.astype(np.uint8)).tobytes()
    digits = sizes[:, None] >> np.arange(0, int(sizes.max()).bit_length(), 7)
    used = digits > 0
    used[:, 0] = True
    digits &= 127
    digits[:, :-1] |= used[:, 1:] << 7
    before = np.repeat(starts, used.sum(axis=1))
    return np.insert(text, before, digits[used].astype(np.uint8)).tobytes()


def _indexed(column: pl.Series) -> bytes | None:
    """The strings that occur, in the order of their first; then for each value the number of its string."""
    if column.dtype != pl.String or column.null_count() or len(column) < MANY_STRINGS:
        return None
    strings = column.unique(maintain_order=True)
    index = column.cast(pl.Enum(strings)).to_physical().to_numpy()
    index_type = _HAS_DICTIONARY | _INDEX_TYPES[index.itemsize]
    return b"".join(
        (
            _int64s(_DICTIONARY_VERSION, index_type, len(strings)),
            _strings(strings),
            _int64s(len(index)),
            index.tobytes(),
        )
    )


def _int64s(*numbers: int) -> bytes:
    return np.array(numbers, np.int64).tobytes()
