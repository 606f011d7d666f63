"""What a block may vouch for: every row here is decoded right, or the answer is None."""

import numpy as np
import pytest

from schemas.block import BlockReader
from schemas.columns import Column, Kind, binary
from schemas.varint import encode_long

TEXT = Column("a", Kind.STRING)
BOOL = Column("a", Kind.BOOLEAN)
INT = Column("a", Kind.INT)
LONG = Column("a", Kind.LONG)
ENUM = Column("a", Kind.ENUM, None, ("X", "Y"))
NULL_LONG = Column("a", Kind.LONG, null_branch=0)
LONG_NULL = Column("a", Kind.LONG, null_branch=1)
NULL_ENUM = Column("a", Kind.ENUM, 0, ("X", "Y"))


def read(columns, *datums):
    sizes = np.array([len(datum) for datum in datums])
    frame = BlockReader(columns).read(binary(datums), sizes)
    return None if frame is None else frame.rows()


@pytest.mark.parametrize(
    ("columns", "datums", "rows"),
    [
        ([TEXT], [b"\x00", b"\x06\xe8\x8d\x89"], [("",), ("草",)]),
        ([TEXT, TEXT], [b"\x02a\x02b"], [("a", "b")]),
        ([Column("a", Kind.BYTES)], [b"\x04\xff\x00"], [(b"\xff\x00",)]),
        ([BOOL], [b"\x00", b"\x01"], [(0,), (-1,)]),
        ([INT], [encode_long(2**31 - 1), encode_long(-(2**31))], [(2**31 - 1,), (-(2**31),)]),
        ([LONG], [encode_long(2**62 - 1), encode_long(-(2**62))], [(2**62 - 1,), (-(2**62),)]),
        ([ENUM], [b"\x00", b"\x02"], [(0,), (1,)]),
        ([Column("a", Kind.FLOAT)], [b"\x00\x00\x80\x3f"], [(1.0,)]),
        ([Column("a", Kind.DOUBLE), INT], [b"\x00" * 8 + b"\x02"], [(0.0, 1)]),
        ([NULL_LONG], [b"\x00", b"\x02\x0a"], [(None,), (5,)]),
        ([LONG_NULL], [b"\x02", b"\x00\x0a"], [(None,), (5,)]),
        ([NULL_ENUM], [b"\x00", b"\x02\x02"], [(None,), (1,)]),
        ([NULL_LONG, LONG_NULL], [b"\x00\x02", b"\x02\x80\x01\x00\x01"], [(None, None), (64, -1)]),
    ],
)
def test_right_rows(columns, datums, rows):
    assert read(columns, *datums) == rows


@pytest.mark.parametrize(
    ("columns", "datum"),
    [
        ([TEXT], b""),
        ([TEXT], b"\x02"),
        ([TEXT], b"\x02ab"),
        ([TEXT], b"\x02\xff"),
        ([TEXT], b"\x06\xed\xa0\x80"),  # a surrogate
        ([TEXT, TEXT], b"\x02\xe4\x04\xbd\xa0"),  # one character over two strings
        ([TEXT], b"\x01"),
        ([TEXT], encode_long(2**62)),
        ([TEXT], encode_long(-(2**62))),
        ([TEXT], b"\x82\x00a"),
        ([BOOL], b"\x02"),
        ([BOOL], b"\xff"),
        ([BOOL], b"\x81\x00"),
        ([INT], encode_long(2**31)),
        ([INT], encode_long(-(2**31) - 1)),
        ([INT], encode_long(2**40)),
        ([INT], b"\x82\x00"),
        ([LONG], b"\xff" * 9 + b"\x7f"),
        ([LONG], b"\xff" * 10 + b"\x01"),
        ([ENUM], b"\x04"),
        ([ENUM], b"\x01"),
        ([NULL_LONG], b"\x04\x0a"),
        ([NULL_LONG], b"\x01\x0a"),
        ([NULL_LONG], b"\x82\x00\x0a"),
        ([LONG_NULL], b"\x04"),
        ([LONG_NULL], b"\x04\x0a"),
        ([NULL_ENUM], b"\x02\x04"),
    ],
)
def test_what_it_does_not_vouch_for(columns, datum):
    assert read(columns, datum) is None
    assert read(columns, *[datum] * 3) is None


@pytest.mark.parametrize(
    ("columns", "datums"),
    [
        # The first claims two characters and has one, the second brings one too many.
        ([TEXT], [b"\x04a", b"b\x02c"]),
        # The boundary alone is in the wrong place.
        ([TEXT, LONG], [b"\x02a", b"\x02\x02b\x04"]),
        # Lengths swapped between neighbours of equal total.
        ([TEXT, TEXT], [b"\x02a\x04b", b"c\x02d\x00"]),
        # An overlong number pays for a missing one.
        ([LONG, LONG], [b"\x82\x00\x04", b"\x06"]),
        ([LONG, LONG], [b"\x82\x00", b"\x04\x06"]),
    ],
)
def test_errors_that_compensate_each_other(columns, datums):
    assert read(columns, *datums) is None
