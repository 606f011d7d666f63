"""INSERTs through clickhouse-driver."""

from typing import Any

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException
from embedded_clients import Connect

ROWS: list[tuple[Any, ...]] = [
    (n, "s" * (n % 300), None if n % 2 else "x", f"low{n % 3}", [(1, "长")] * (n % 4), {"k": n})
    for n in range(1000)
]


@pytest.mark.parametrize("compression", [False, "lz4"])
@pytest.mark.parametrize("block_size", [7, 1000])
def test_all_kinds_of_columns_go_in_and_come_back(
    connect: Connect, compression: str | bool, block_size: int
) -> None:
    client = connect(compression=compression)
    client.execute(
        "CREATE TABLE t (a Int64, b String, c Nullable(String), d LowCardinality(String),"
        " e Array(Tuple(x Int8, y String)), f Map(String, Int32), g Int64 MATERIALIZED a + 1)"
        " ENGINE = MergeTree ORDER BY a"
    )
    settings = {"insert_block_size": block_size, "async_insert": 0}
    assert client.execute("INSERT INTO t VALUES", ROWS, settings=settings) == len(ROWS)
    assert client.execute("SELECT * FROM t ORDER BY a") == ROWS
    assert client.execute("SELECT countIf(g = a + 1) FROM t") == [(len(ROWS),)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO t (b, `a`) VALUES",
        "insert into `t`(b,a)values",
        "INSERT INTO TABLE {db}.t (b, a) SETTINGS async_insert = 0 VALUES",
        "-- first\nINSERT /* INSERT */ INTO `{db}` . `t` (b, a) FORMAT Native;",
        "INSERT INTO t (b, a) FORMAT Values SETTINGS async_insert = 0",
        "INSERT INTO t (* EXCEPT(c)) VALUES -- none here",
    ],
)
def test_the_statement_may_be_written_in_many_ways(
    client: Client, database: str, statement: str
) -> None:
    client.execute("CREATE TABLE t (b Int8, a Int8, c Int8 DEFAULT 7) ENGINE = Memory")
    client.execute(statement.replace("{db}", database), [[1, 2], [3, 4]], columnar=True)
    assert client.execute("SELECT a, b, c FROM t ORDER BY a") == [(3, 1, 7), (4, 2, 7)]


def test_nested_columns_and_names_with_dots(client: Client) -> None:
    client.execute(
        "CREATE TABLE t (id Int8, n Nested(x Int8, y String)) ENGINE = MergeTree ORDER BY id"
    )
    client.execute("INSERT INTO t (id, n.x, `n.y`) VALUES", [(1, [1, 2], ["p", "q"])])
    assert client.execute("SELECT * FROM t") == [(1, [1, 2], ["p", "q"])]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO t VALUES (1), (2)",
        "INSERT INTO t VALUES (1), (1 + 1);",
        'INSERT INTO t FORMAT JSONEachRow {"a": 1}\n\n{"a": 2}',
        "INSERT INTO t SELECT number + 1 FROM numbers(2)",
        "WITH 1 AS one INSERT INTO t SELECT one + number FROM numbers(2)",
        "INSERT INTO t (SELECT 1 UNION ALL SELECT 2)",
    ],
)
def test_data_in_the_statement(client: Client, statement: str) -> None:
    client.execute("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a")
    client.execute(statement)
    assert client.execute("SELECT a FROM t ORDER BY a") == [(1,), (2,)]


def test_a_table_function_and_no_rows(client: Client) -> None:
    assert client.execute("INSERT INTO FUNCTION null('a Int8') VALUES", [(1,)]) == 1
    client.execute("CREATE TABLE t (a Int8) ENGINE = Memory")
    assert client.execute("INSERT INTO t VALUES", []) == 0


def test_a_deduplication_token_works_as_on_a_server(client: Client) -> None:
    client.execute(
        "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a"
        " SETTINGS non_replicated_deduplication_window = 10"
    )
    for value, token in ((1, "x"), (2, "x"), (3, "y")):
        client.execute(
            "INSERT INTO t VALUES", [(value,)], settings={"insert_deduplication_token": token}
        )
    assert client.execute("SELECT a FROM t ORDER BY a") == [(1,), (3,)]


@pytest.mark.parametrize(
    ("target", "code"), [("constrained", 469), ("watched", 395), ("t (nope)", 16), ("nope", 60)]
)
def test_a_refused_insert_is_an_error_and_leaves_nothing(
    client: Client, target: str, code: int
) -> None:
    client.execute("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a")
    client.execute(
        "CREATE TABLE constrained (a Int8, CONSTRAINT c CHECK a > 0) ENGINE = MergeTree ORDER BY a"
    )
    client.execute("CREATE TABLE watched (a Int8) ENGINE = Null")
    client.execute("CREATE MATERIALIZED VIEW v TO t AS SELECT throwIf(a < 0) AS a FROM watched")
    with pytest.raises(ServerException) as error:
        client.execute(f"INSERT INTO {target} VALUES", [(1,), (-1,)])
    assert error.value.code == code
    assert client.execute("SELECT count() FROM constrained") == [(0,)]
    assert client.execute("SELECT count() FROM t") == [(0,)]
