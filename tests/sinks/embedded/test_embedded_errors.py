"""Errors carry a server's codes, and the session stays as it was."""

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException
from embedded_clients import Connect
from native_socket import EXCEPTION, column, connected, data, query, received

from sinks.connection import ClickHouse


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM nope", 60),
        ("SELECT nope", 47),
        ("SELECT * FROM nope.t", 81),
        ("USE nope", 81),
        ("SELEC 1", 62),
        ("", 62),
        ("-- nothing", 62),
        ("exit", 62),
        ("\\q", 62),
        ("values (1)", 62),
        ("SELECT 1; SELECT 2", 62),
        ("CREATE TABLE a (x Int8) ENGINE = Memory; CREATE TABLE b (x Int8) ENGINE = Memory", 62),
        ("SELECT 1 + 'a'", 43),
        ("SELECT toInt32('a')", 6),
        ("SELECT throwIf(number = 70000) FROM numbers(100000)", 395),
        ("SELECT 1 SETTINGS nope = 1", 115),
        ("INSERT INTO t FROM INFILE '/etc/hostname' FORMAT CSV", 78),
    ],
)
def test_codes(client: Client, sql: str, code: int) -> None:
    with pytest.raises(ServerException) as error:
        client.execute(sql)
    assert error.value.code == code
    assert client.execute("SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    ("options", "code"),
    [({"user": "bob"}, 516), ({"password": "x"}, 516), ({"database": "no"}, 81)],
)
def test_a_refused_hello(connect: Connect, options: dict[str, str], code: int) -> None:
    with pytest.raises(ServerException) as error:
        connect(**options).execute("SELECT 1")
    assert error.value.code == code


def test_a_connection_survives_a_failed_query_and_a_failed_insert(
    clickhouse: ClickHouse, client: Client, database: str
) -> None:
    client.execute("CREATE TABLE c (x Int8, CONSTRAINT p CHECK x > 0) ENGINE = Memory")
    with connected(clickhouse.port) as sock:
        sock.sendall(query("SELECT nope", database))
        assert received(sock)[0] == EXCEPTION
        sock.sendall(query("INSERT INTO {db}.c VALUES", database))
        received(sock)
        sock.sendall(data(column("x", "Int8", 1, b"\xff")) + data(b"\0\0\0"))
        assert received(sock)[0] == EXCEPTION
        sock.sendall(b"\x04")
        assert received(sock) == b"\x04"
    assert client.execute("SELECT count() FROM c") == [(0,)]
