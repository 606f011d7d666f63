"""SELECTs through clickhouse-driver."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from clickhouse_driver import Client
from embedded_clients import Connect


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 AS x FORMAT JSON",
        "SELECT 1 AS x;",
        "-- why\nSELECT /* ; */ 1 AS x -- ;\n;",
        "SELECT 1 AS x INTO OUTFILE '/nonexistent/file' FORMAT CSV SETTINGS max_threads = 1",
        "(SELECT 1 AS x)",
        "WITH 1 AS y SELECT y AS x",
        "SELECT x FROM (SELECT 1 AS x)",
    ],
)
def test_clauses_of_the_client_and_comments_change_nothing(client: Client, sql: str) -> None:
    assert client.execute(sql, with_column_types=True) == ([(1,)], [("x", "UInt8")])


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT 1 AS x, 'a' AS y WHERE 0", [("x", "UInt8"), ("y", "String")]),
        ("SELECT {a:Int32} AS x WHERE 0", [("x", "Int32")]),
        ("SHOW TABLES LIKE 'none'", [("name", "String")]),
    ],
)
def test_an_empty_result_still_names_its_columns(
    connect: Connect, sql: str, columns: list[tuple[str, str]]
) -> None:
    client = connect(settings={"server_side_params": True})
    assert client.execute(sql, {"a": 1}, with_column_types=True) == ([], columns)


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("[1, NULL]::Array(Nullable(Int8))", [1, None]),
        ("map('a', [1])", {"a": [1]}),
        ("(1, 'x')::Tuple(a Int8, `b c` String)", (1, "x")),
        ("toLowCardinality(NULL::Nullable(String))", None),
        ("['a', 'b']::Array(LowCardinality(String))", ["a", "b"]),
        ("'1.50'::Decimal(38, 2)", Decimal("1.50")),
        ("repeat('长', 100)", "长" * 100),
        ("'b'::Enum8('a' = 1, 'b' = 2)", "b"),
        ("'ab'::FixedString(2)", "ab"),
        ("true", True),
        (
            "toDateTime64('2026-01-02 03:04:05.678', 3, 'Asia/Shanghai')",
            datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=ZoneInfo("Asia/Shanghai")),
        ),
    ],
)
@pytest.mark.parametrize("compression", [False, "lz4"])
def test_types_arrive_whole(
    connect: Connect, sql: str, value: object, compression: str | bool
) -> None:
    rows = connect(compression=compression).execute(f"SELECT 'before', {sql}, 'after'")
    assert rows == [("before", value, "after")]


@pytest.mark.parametrize("revision", [54429, 54441, 54449, 54453, 54456, 54459])
def test_older_clients_are_served(connect: Connect, revision: int) -> None:
    client = connect(client_revision=revision)
    client.execute("CREATE TABLE t (x Int32, s LowCardinality(String)) ENGINE = Memory")
    client.execute("INSERT INTO t VALUES", [(1, "a"), (2, "b")])
    assert client.execute("SELECT * FROM t") == [(1, "a"), (2, "b")]


def test_parameters_are_filled_in_by_the_driver_or_by_the_server(connect: Connect) -> None:
    awkward = {"s": "a'b\\t\t\n{}%", "a": ["p'q", "r"], "n": 5}
    assert connect().execute("SELECT %(s)s, %(n)s", awkward) == [(awkward["s"], 5)]
    client = connect(settings={"server_side_params": True})
    rows = client.execute("SELECT {s:String}, {a:Array(String)}, {n:Int64}", awkward)
    assert rows == [(awkward["s"], awkward["a"], 5)]


@pytest.mark.parametrize("compression", [False, "lz4"])
def test_a_large_result_comes_in_blocks(connect: Connect, compression: str | bool) -> None:
    rows = connect(compression=compression).execute_iter(
        "SELECT number, toString(number) FROM numbers(300000)", settings={"max_block_size": 10_000}
    )
    assert sum(number for number, text in rows if text == str(number)) == 44_999_850_000


def test_progress_and_profile_are_reported(client: Client) -> None:
    client.execute("SELECT number FROM numbers(10)")
    assert client.last_query.progress.rows == 10
    assert client.last_query.profile_info.rows == 10
