"""Real inserts over a connection that somebody cuts."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from sink_rows import block

from schemas.errors import SinkRejected, SinkUnavailable
from sinks.connection import ClickHouse, wait_until_ready
from sinks.retry import RetryPolicy
from sinks.writer import Writer

ONCE = RetryPolicy(attempts=1)


class Proxy:
    """Forwards connections to a server, but cuts one when the server sends byte number `cut_at`.

    cut_at: one number per connection; None, and connections after the last, are not cut.
    """

    def __init__(self, target: tuple[str, int], cut_at: list[int | None]) -> None:
        self._target = target
        self._cut_at = cut_at
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._listener]
        self._threads: list[threading.Thread] = []
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)

    def close(self) -> None:
        for end in self._sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in self._sockets:
            end.close()

    def _start(self, run: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=run, args=args)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                server = socket.create_connection(self._target)
                self._sockets.append(server)
                cut_at = self._cut_at.pop(0) if self._cut_at else None
                self._start(self._pump, client, server, None)
                self._start(self._pump, server, client, cut_at)

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket, cut_at: int | None) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if cut_at is not None and (cut_at := cut_at - len(data)) <= 0:
                    break
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxied(connection: ClickHouse, cut_at: list[int | None]) -> Iterator[ClickHouse]:
    proxy = Proxy((connection.host, connection.port), cut_at)
    try:
        yield replace(connection, host="127.0.0.1", port=proxy.port)
    finally:
        proxy.close()


@pytest.mark.parametrize("cut_at", [1, 60, 400])
def test_an_insert_survives_a_cut_connection(fresh_database, query, cut_at):
    with proxied(fresh_database, [cut_at]) as connection, Writer(connection) as writer:
        for second in range(3):
            writer.insert(block("touches", {"occurred_at": second * 1000}))
        assert writer.counters["touches"].rows == 3
    assert query("SELECT count() FROM current_touches") == [(3,)]


def test_a_writer_outlives_a_connection_that_was_closed_on_it(fresh_database, query):
    with Writer(fresh_database) as writer:
        writer.insert(block("touches", {}))
        writer.close()
        writer.insert(block("touches", {"user_id": "v"}))
    assert query("SELECT count() FROM current_touches") == [(2,)]


@pytest.mark.parametrize("attempt", range(20))
def test_closing_ends_an_insert_that_nobody_answers(attempt):
    refusals: list[SinkUnavailable] = []
    give_up = threading.Event()

    def insert() -> None:
        with pytest.raises(SinkUnavailable) as refused:
            writer.insert(block("touches", {}), give_up)
        refusals.append(refused.value)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        writer = Writer(ClickHouse(port=silent.getsockname()[1]))
        inserting = threading.Thread(target=insert)
        inserting.start()
        connection, _ = silent.accept()
        with connection:
            connection.recv(1)  # a greeting, which it gets no answer to
            give_up.set()
            writer.close()
        inserting.join()
    [refusal] = refusals
    assert "Nothing is lost" in str(refusal)


def test_nobody_listening_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    nowhere = ClickHouse(port=port)
    with pytest.raises(SinkUnavailable, match=rf"127.0.0.1:{port}"), Writer(nowhere) as writer:
        writer.ping()
    with pytest.raises(SinkUnavailable):
        wait_until_ready(nowhere, ONCE)


def test_a_server_that_answers_is_ready(clickhouse, fresh_database):
    wait_until_ready(replace(clickhouse, database="not_created_yet"), ONCE)
    with Writer(fresh_database) as writer:
        writer.ping()


def test_a_table_that_is_not_there_is_a_rejection_with_its_code(own_database):
    with own_database.client() as client:
        client.execute("DROP TABLE dead_letters")
    with Writer(own_database) as writer, pytest.raises(SinkRejected, match="code 60"):
        writer.insert(block("dead_letters", {}))


def test_a_value_out_of_range_is_a_rejection_and_the_writer_goes_on(fresh_database, query):
    with Writer(fresh_database) as writer:
        with pytest.raises(SinkRejected, match="Unknown element '9'"):
            writer.insert(block("touches", {"kind": 9}))
        writer.insert(block("touches", {}))
    assert query("SELECT count() FROM touches") == [(1,)]
