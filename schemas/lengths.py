"""Does a decoded block hold exactly its messages?

A block has no boundaries between datums, so a bad one can shift its neighbours without an error.
The check walks through all messages at once, field by field, from where they begin; each step is as
long as the field, and the walk must end where the messages end. Then the decoder came the same way:

- It began where the first message begins.
- Where both stand before a field, they stand behind it together. A number ends with its first byte
  below 0x80, and is taken only if it is written in the shortest way. If all numbers of a column must
  take l bytes by their values, then the decoder read at least l, and no more if the l-th ends it.
  In front of a text is its length, a number, and in front of a nullable value one byte, its branch.
- Where both stand behind the last field of a message, the next one begins.

What is left are different bytes of the same size that decode to the same value. They are excluded
one by one: ints, booleans and enum indexes by their range, numbers of ten bytes (whose last byte
may hold bits that do not fit) by not vouching for them, union branches by looking at the byte.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.columns import Column, Kind
from schemas.varint import Int64Array, encoded_size

_FIXED_SIZES = {Kind.FLOAT: 4, Kind.DOUBLE: 8}
_SIZED = (Kind.STRING, Kind.BYTES)

_RANGES = {Kind.BOOLEAN: (-1, 0), Kind.INT: (-(2**31), 2**31 - 1)}
#: Bytes of a number that is vouched for.
_LONGEST = 9

#: A number takes as many bytes, or each row's as many.
_Sizes = Int64Array | int
#: The least and the greatest of a column's numbers, None if there are none.
_Bounds = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Block:
    """Datums one behind the other, and what they were decoded to.

    frame: physical columns, at least one row. octets: the bytes of the datums.
    """

    frame: pl.DataFrame
    octets: NDArray[np.uint8]


class LengthCheck:
    """The check for blocks of one flat writer schema, given by its columns."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._ranges = [_range(column) for column in columns]

    def passes(self, block: Block, sizes: Int64Array) -> bool:
        """Whether each row is the strict decoding of exactly its own part of the block.

        sizes: of the datum of each row, in bytes.
        """
        columns = zip(self._columns, block.frame.get_columns(), strict=True)
        bounds = [_bounds(column.kind, values) for column, values in columns]
        if not all(map(_within, bounds, self._ranges)):
            return False
        return self._rows_end_right(block.octets, bounds, sizes)

    def _rows_end_right(
        self, octets: NDArray[np.uint8], bounds: Sequence[_Bounds], sizes: Int64Array
    ) -> bool:
        ends = np.cumsum(sizes)
        at = ends - sizes
        for column, bound in zip(self._columns, bounds, strict=True):
            there: NDArray[np.bool_] | bool = True
            if column.null_branch is not None:
                # Until the ends have been compared, a position may lie outside the block.
                branches = octets.take(at, mode="clip")
                if not _are_branches(branches):
                    return False
                there, at = branches != 2 * column.null_branch, at + 1
            lengths = _lengths(column.kind, bound, octets, at, there)
            if lengths is None:
                return False
            at = at + lengths * there
        return bool(np.array_equal(at, ends))


def _bounds(kind: Kind, values: pl.Series) -> _Bounds:
    if kind in _FIXED_SIZES or kind in _SIZED:
        return None
    least: Any = values.min()
    most: Any = values.max()
    return None if least is None else (least, most)


def _range(column: Column) -> tuple[int, int]:
    if column.kind is Kind.ENUM:
        return 0, len(column.symbols) - 1
    return _RANGES.get(column.kind, (-(2**63), 2**63 - 1))


def _within(bounds: _Bounds, limits: tuple[int, int]) -> bool:
    return bounds is None or limits[0] <= bounds[0] <= bounds[1] <= limits[1]


def _are_branches(found: NDArray[np.uint8]) -> bool:
    """Branch 0 is the byte 0x00, branch 1 the byte 0x02."""
    return not (found & ~np.uint8(2)).any()


def _lengths(
    kind: Kind,
    bounds: _Bounds,
    octets: NDArray[np.uint8],
    at: Int64Array,
    there: NDArray[np.bool_] | bool,
) -> _Sizes | None:
    """How many bytes the values take that begin there, None if that is not certain."""
    if kind in _FIXED_SIZES:
        return _FIXED_SIZES[kind]
    if bounds is not None and (size := _common_size(*bounds)):
        ended = octets.take(at + (size - 1), mode="clip") * there < 0x80
        return size if ended.all() else None
    numbers = _varints(octets, at, there)
    if numbers is None:
        return None
    bits, sizes = numbers
    if kind not in _SIZED:
        return sizes
    return None if (bits & 1).any() else sizes + (bits >> 1)


def _common_size(least: int, most: int) -> int:
    """Of all numbers between two; 0 if they differ, or are too long."""
    size = encoded_size(least)
    same = size == encoded_size(most) and (size == 1 or (least < 0) == (most < 0))
    return size if same and size <= _LONGEST else 0


def _varints(
    octets: NDArray[np.uint8], at: Int64Array, there: NDArray[np.bool_] | bool
) -> tuple[Int64Array, _Sizes] | None:
    """Bits (of the zigzag form) and sizes of the numbers that begin there.

    None if one is too long, or longer than it must be.
    """
    octet = octets.take(at, mode="clip") * there
    bits: Int64Array = (octet & 0x7F).astype(np.int64)
    sizes: _Sizes = 1
    for shift in range(7, 7 * _LONGEST + 1, 7):
        more = octet > 0x7F
        if not more.any():
            return bits, sizes
        octet = octets.take(at + sizes, mode="clip") * more
        if (more & (octet == 0)).any():
            return None
        bits |= (octet & 0x7F).astype(np.int64) << shift
        sizes = sizes + more
    return None
