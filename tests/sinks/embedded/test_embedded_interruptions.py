"""Clients that cancel, vanish, lie about lengths, or come all at once."""

import struct
import threading
import time

import pytest
from clickhouse_driver import Client
from embedded_clients import Connect
from native_socket import EXCEPTION, column, connected, data, query, received

from sinks.connection import ClickHouse
from sinks.embedded.wire import text, varint

ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))"
RUNNING = "SELECT count() FROM system.processes WHERE query LIKE '%1000000000000%' AND query NOT LIKE '%processes%'"


def wait_until_gone(client: Client) -> None:
    deadline = time.monotonic() + 10
    while client.execute(RUNNING) != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("goodbye", ["cancel", "close"])
def test_a_query_ends_when_nobody_wants_it(
    clickhouse: ClickHouse, client: Client, database: str, goodbye: str
) -> None:
    with connected(clickhouse.port) as sock:
        sock.sendall(query(ENDLESS, database))
        while client.execute(RUNNING) != [(1,)]:
            time.sleep(0.02)
        if goodbye == "cancel":
            sock.sendall(b"\x03")
            assert received(sock)[-1:] == b"\x05"
            sock.sendall(b"\x04")
            assert received(sock) == b"\x04"
    wait_until_gone(client)


def test_a_half_read_result_is_dropped(client: Client) -> None:
    rows = client.execute_iter("SELECT number FROM numbers(1000000000)")
    assert next(rows) == (0,)
    client.cancel()
    assert client.execute("SELECT 1") == [(1,)]


def test_a_client_that_vanishes_in_an_insert_leaves_nothing(
    clickhouse: ClickHouse, client: Client, database: str
) -> None:
    client.execute("CREATE TABLE t (x Int32) ENGINE = MergeTree ORDER BY x")
    whole = data(column("x", "Int32", 1000, bytes(4000)))
    for sent in (whole[:-1000], whole, whole + whole[:50]):
        with connected(clickhouse.port) as sock:
            sock.sendall(query("INSERT INTO {db}.t VALUES", database))
            received(sock, 0.2)
            sock.sendall(sent)
    time.sleep(0.2)
    assert client.execute("SELECT count() FROM t") == [(0,)]


@pytest.mark.parametrize(
    "block",
    [
        column("x", "Int32", 1 << 60, b""),
        column("x", "String", 1, varint(1 << 50)),
        column("x", "FixedString(99999999999)", 1, b""),
        column("x", "Array(Int64)", 1, struct.pack("<Q", 1 << 62)),
        column("x", "LowCardinality(String)", 5, struct.pack("<QQQQ", 1, 3, 0, 1 << 62)),
        column("x", "Array(" * 5000, 1, b""),
        column("x", "Nonsense", 1, b""),
        b"\0" + varint(1) + varint(1) + text("x") + varint(1 << 40),
        b"\0" + varint(1 << 40) + varint(1) + text("x") + text("Int8") + b"1",
    ],
)
def test_lengths_that_lie_are_refused(
    clickhouse: ClickHouse, client: Client, database: str, block: bytes
) -> None:
    client.execute("CREATE TABLE t (x Int32) ENGINE = Memory")
    with connected(clickhouse.port) as sock:
        sock.sendall(query("INSERT INTO {db}.t VALUES", database))
        received(sock, 0.2)
        sock.sendall(data(block))
        assert received(sock)[0] == EXCEPTION


def test_four_read_while_one_writes(connect: Connect) -> None:
    writer = connect()
    writer.execute("CREATE TABLE t (x Int64, s String) ENGINE = MergeTree ORDER BY x")
    done, wrong = threading.Event(), list[object]()

    def read() -> None:
        reader = connect()
        while not done.is_set():
            count = reader.execute("SELECT count() FROM t")[0][0]
            if count % 1000 or len(reader.execute("SELECT x, s FROM t LIMIT 10")) not in (0, 10):
                wrong.append(count)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for _ in range(10):
        writer.execute("INSERT INTO t VALUES", [(n, "s") for n in range(1000)])
    done.set()
    for reader in readers:
        reader.join()
    assert not wrong
    assert writer.execute("SELECT count() FROM t") == [(10_000,)]
