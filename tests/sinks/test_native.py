"""The bytes of a column are those that the driver makes of its values."""

import polars as pl
import pytest
from clickhouse_driver import Client
from hypothesis import given
from hypothesis import strategies as st
from native_types import ENUM, NATIVE, TIME
from sent import Sent

from sinks import native
from sinks.client import ColumnClient


@pytest.fixture(autouse=True, scope="module")
def few_are_many():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "MANY_ROWS", 0)
        patch.setattr(native, "MANY_STRINGS", 0)
        yield


def by_the_driver(values, type_name):
    return Sent(Client("nowhere"), [("c", type_name)])([values])


def the_same(column, type_name):
    assert native.column_bytes(column, type_name) is not None
    sent = Sent(ColumnClient("nowhere"), [("c", type_name)])([column])
    assert sent == by_the_driver(column.to_list(), type_name)


@pytest.mark.parametrize("type_name", NATIVE)
@given(data=st.data())
def test_values_of_a_type(type_name, data):
    dtype, values = NATIVE[type_name]
    column = pl.Series(data.draw(st.lists(values, min_size=1, max_size=20)), dtype=dtype)
    the_same(column, type_name)
    the_same(pl.concat([column, column.slice(1), column.reverse()], rechunk=False), type_name)


def test_sizes_of_strings_that_take_four_bytes_to_tell():
    the_same(pl.Series(["", "a" * ((1 << 21) - 1), "b", "c" * (1 << 21)]), "String")


@pytest.mark.parametrize("strings", [1, 255, 257, 65_537])
def test_dictionaries_of_any_size(strings):
    the_same(pl.Series([f"{n % strings}" for n in range(70_000)]), "LowCardinality(String)")


@pytest.mark.parametrize(
    ("values", "dtype", "type_name"),
    [
        ([1, 3], pl.Int8, ENUM),
        ([1, None], pl.Int8, ENUM),
        ([1, None], pl.Int8, f"Nullable({ENUM})"),
        ([1], pl.Int8, r"Enum8('it\'s' = 1)"),
        ([1], pl.Int8, "Enum16('view' = 1)"),
        ([1], pl.Int8, "LowCardinality(String)"),
        (["a", None], pl.String, "LowCardinality(String)"),
        (["a", None], pl.String, "LowCardinality(Nullable(String))"),
        (["a", None], pl.String, "String"),
        ([b"a"], pl.Binary, "String"),
        ([None, 1], pl.Int64, TIME),
        ([1], pl.Int32, "Int64"),
        ([1], pl.Int64, "DateTime('Asia/Shanghai')"),
        ([-1], pl.Date, "Date"),
        ([65_536, None], pl.Date, "Nullable(Date)"),
        ([1 << 100], pl.UInt128, "UInt128"),
        ([["a"]], pl.List(pl.String), "Array(LowCardinality(String))"),
        ([["a", None]], pl.List(pl.String), "Array(String)"),
        ([["a"], None], pl.List(pl.String), "Array(String)"),
        ([1], pl.Int64, "SimpleAggregateFunction(groupArrayArray(2), Array(Int64))"),
    ],
)
def test_what_is_left_to_the_driver(values, dtype, type_name):
    assert native.column_bytes(pl.Series(values, dtype=dtype), type_name) is None
