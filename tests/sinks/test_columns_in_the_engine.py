"""ClickHouse has the same rows, whether they came as columns of polars or through the driver as lists."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native_types import NATIVE

from sinks import native
from sinks.client import ColumnClient

COLUMNS = [f"c{number}" for number in range(len(NATIVE))]
COLUMN_TYPES = [f"{name} {type_name}" for name, type_name in zip(COLUMNS, NATIVE, strict=True)]
ROWS = st.lists(st.tuples(*(values for _, values in NATIVE.values())), min_size=1, max_size=20)


@pytest.fixture(params=[False, True], ids=["plain", "compressed"])
def client(clickhouse, empty_database, request):
    name = empty_database.database
    with replace(clickhouse, compression=request.param).client(database="") as client:
        client.execute(f"CREATE DATABASE {name}")
    with replace(empty_database, compression=request.param).client(kind=ColumnClient) as client:
        yield client


@pytest.fixture
def tables(client, monkeypatch):
    monkeypatch.setattr(native, "MANY_ROWS", 0)
    monkeypatch.setattr(native, "MANY_STRINGS", 0)
    for table in ("ours", "theirs"):
        client.execute(f"CREATE TABLE {table} (n Int64, {', '.join(COLUMN_TYPES)}) ENGINE = Memory")
    return client


def hashes(client, table):
    """What each row has, whatever Python can make of it."""
    row = "n, hex(sipHash128(tuple(*))), toString(tuple(*))"
    return client.execute(f"SELECT {row} FROM {table} ORDER BY n")


def test_rows_come_back_the_same(tables):
    @settings(max_examples=25)
    @given(ROWS)
    def whatever_they_are(rows):
        schema = {name: dtype for name, (dtype, _) in zip(COLUMNS, NATIVE.values(), strict=True)}
        frame = pl.DataFrame(rows, schema, orient="row").with_row_index("n").cast({"n": pl.Int64})
        for table, columns in (
            ("ours", frame.get_columns()),
            ("theirs", [column.to_list() for column in frame]),
        ):
            tables.execute(f"TRUNCATE TABLE {table}")
            assert tables.execute(f"INSERT INTO {table} VALUES", columns, columnar=True) == len(rows)  # fmt: skip
        assert hashes(tables, "ours") == hashes(tables, "theirs")
        texts = tables.execute("SELECT c0, c1, c2 FROM ours ORDER BY n", columnar=True)
        assert texts == [tuple(column) for column in frame[["c0", "c1", "c2"]]]

    whatever_they_are()


@pytest.mark.parametrize(
    ("type_name", "column"),
    [
        ("LowCardinality(String)", pl.Series(["种草", ""] * 1_000)),
        ("LowCardinality(Nullable(String))", pl.Series(["种草", None] * 1_000)),
        ("Nullable(String)", pl.Series([b"\xff\0", None] * 1_000)),
        ("FixedString(6)", pl.Series(["种草", "abcdef"] * 1_000)),
        ("Int64", pl.Series([1, -5] * 1_000, dtype=pl.Int32)),
        ("Nullable(UInt8)", pl.Series([True, False] * 1_000)),
        ("Enum16('none' = -1, 'view' = 300)", pl.Series([-1, 300] * 1_000, dtype=pl.Int16)),
        ("UInt128", pl.Series([1 << 100, 7] * 1_000, dtype=pl.UInt128)),
        ("Array(LowCardinality(String))", pl.Series([["种草", ""], []] * 1_000)),
    ],
)
def test_a_type_that_somebody_has_changed(client, type_name, column):
    for table, values in (("ours", column), ("theirs", column.to_list())):
        client.execute(f"CREATE TABLE {table} (n {type_name}) ENGINE = Memory")
        client.execute(f"INSERT INTO {table} VALUES", [values], columnar=True)
    ours = client.execute("SELECT toString(n) FROM ours")
    assert ours == client.execute("SELECT toString(n) FROM theirs")
    assert len(ours) == 2_000
    assert isinstance(client, ColumnClient)
