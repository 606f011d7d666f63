"""Does a decoded block hold exactly its messages?

A block has no boundaries between datums, so a bad one can shift its neighbours without an error.
The check recomputes how many bytes the shortest encoding of each row takes and compares that with
the size of its message. Let c be the bytes that a row really consumed, l its recomputed length and
m the size of its message. A decoder cannot consume less than the shortest encoding of what it
returns: c ≥ l. It stays within the block: Σc ≤ Σm. So if l = m in every row, then
Σm = Σl ≤ Σc ≤ Σm, hence c = l = m everywhere, and field by field: each row starts where its
message starts, ends where it ends, and is written in the shortest way. Bytes that move between
neighbours, and errors that cancel out in the total, break l = m in at least one row.

What is left are different bytes of the same size that decode to the same value. They are excluded
one by one: ints, booleans and enum indexes by their range, numbers of ten bytes (whose last byte
may hold bits that do not fit) by not vouching for them, union branches by looking at the byte.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.columns import Column, Kind
from schemas.varint import Int64Array, encoded_sizes

_FIXED_SIZES = {Kind.FLOAT: 4, Kind.DOUBLE: 8}
_SIZED = (Kind.STRING, Kind.BYTES)

_RANGES = {
    Kind.BOOLEAN: (-1, 0),
    Kind.INT: (-(2**31), 2**31 - 1),
    Kind.LONG: (-(2**62), 2**62 - 1),  # what fits nine bytes
}


@dataclass(frozen=True, slots=True)
class Block:
    """Datums one behind the other, and what they were decoded to.

    frame: physical columns c0, c1, ..., at least one row. octets: the bytes of the datums.
    """

    frame: pl.DataFrame
    octets: NDArray[np.uint8]


class LengthCheck:
    """The check for blocks of one flat writer schema, given by its columns."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        nullable = [i for i, column in enumerate(columns) if column.nullable]
        self._nulls = {i: len(columns) + at for at, i in enumerate(nullable)}
        self._numbers = [
            *(_number(f"c{i}", column) for i, column in enumerate(columns)),
            *(pl.col(f"c{i}").is_null().cast(pl.Int64).alias(f"null{i}") for i in nullable),
        ]
        ranges = [*map(_range, columns), *[(0, 1)] * len(nullable)]
        self._lowest = np.array([low for low, _ in ranges], np.int64)
        self._highest = np.array([high for _, high in ranges], np.int64)

    def passes(self, block: Block, sizes: Int64Array) -> bool:
        """Whether each row is the strict decoding of exactly its own part of the block.

        sizes: of the datum of each row, in bytes.
        """
        numbers = block.frame.select(self._numbers).to_numpy()
        lowest, highest = numbers.min(axis=0), numbers.max(axis=0)
        if (lowest < self._lowest).any() or (highest > self._highest).any():
            return False
        return self._rows_end_right(numbers, _common_sizes(lowest, highest), sizes, block.octets)

    def _rows_end_right(
        self,
        numbers: Int64Array,
        common: Sequence[int],
        sizes: Int64Array,
        octets: NDArray[np.uint8],
    ) -> bool:
        ends = np.cumsum(sizes)
        at = ends - sizes
        for i, column in enumerate(self._columns):
            lengths = _lengths(column.kind, numbers[:, i], common[i])
            if column.null_branch is not None:
                is_null = numbers[:, self._nulls[i]] == 1
                # Until the ends have been compared, a position may lie outside the block.
                found = octets.take(at, mode="clip")
                if not _branches_match(found, column.null_branch, is_null):
                    return False
                lengths = np.where(is_null, 0, lengths) + 1
            at = at + lengths
        return bool(np.array_equal(at, ends))


def _number(name: str, column: Column) -> pl.Expr:
    """The number that decides a value's length: itself, or its size if it is written in front."""
    if column.kind in _FIXED_SIZES:
        return pl.lit(0, pl.Int64).alias(name)
    value = pl.col(name)
    if column.kind in _SIZED:
        sized = value.str.len_bytes() if column.kind is Kind.STRING else value.bin.size()
        value = sized.cast(pl.Int64)
    return value.fill_null(0) if column.nullable else value


def _range(column: Column) -> tuple[int, int]:
    if column.kind is Kind.ENUM:
        return 0, len(column.symbols) - 1
    return _RANGES.get(column.kind, (0, 2**62))


def _common_sizes(lowest: Int64Array, highest: Int64Array) -> list[int]:
    """The size that all numbers between two have as varints, or 0 if they differ; by column.

    On either side of zero, what lies further off is never shorter.
    """
    sizes = encoded_sizes(lowest)
    same = (sizes == encoded_sizes(highest)) & ((lowest < 0) == (highest < 0))
    common: list[int] = np.where(same, sizes, 0).tolist()
    return common


def _lengths(kind: Kind, numbers: Int64Array, common: int) -> Int64Array | int:
    """common: see `_common_sizes`."""
    if kind in _FIXED_SIZES:
        return _FIXED_SIZES[kind]
    varints = common or encoded_sizes(numbers)
    return varints + numbers if kind in _SIZED else varints


def _branches_match(found: NDArray[np.uint8], null_branch: int, is_null: NDArray[np.bool_]) -> bool:
    # Branch 0 is the byte 0x00, branch 1 the byte 0x02.
    return bool(np.array_equal(found, np.where(is_null == (null_branch == 0), 0, 2)))
