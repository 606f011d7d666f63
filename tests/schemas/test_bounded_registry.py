"""A registry that drips, floods or nests is bounded; its connections are kept, and closing does not wait for it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from fake_registry import FakeRegistry

from schemas import http_session, rest_client
from schemas.errors import RegistryClosed, RegistryError, RegistryUnavailable
from schemas.rest_address import RegistryAddress
from schemas.rest_client import RegistryClient

Serve = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


@contextmanager
def served(
    serve: Serve, patience_s: float = 0
) -> Iterator[tuple[RegistryClient, list[socket.socket]]]:
    """A client of a server that does as told with each connection, and the connections so far."""
    accepted: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    accepted.append(connection)
                    with connection, suppress(OSError):
                        serve(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        address = RegistryAddress.parse(f"http://127.0.0.1:{server.getsockname()[1]}")
        yield RegistryClient(address, patience_s), accepted
        for connection in accepted:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_connections_are_kept() -> None:
    def serve(connection: socket.socket) -> None:
        while connection.recv(10_000):
            connection.sendall(OK % 2 + b"[]")

    with served(serve) as (client, accepted):
        assert [client.send("GET", f"/{n}") for n in range(5)] == [[]] * 5
        assert len(accepted) == 1


@pytest.mark.parametrize("head", [b"", OK % 1_000_000])
def test_a_registry_that_drips(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_client, "TIMEOUT_S", 0.5)

    def serve(connection: socket.socket) -> None:
        connection.recv(10_000)
        connection.sendall(head)
        for byte in b"HTTP/1.1 200 OK\r\nX-Some: " + b"x" * 1_000:
            connection.sendall(bytes([byte]))
            time.sleep(0.02)

    with served(serve) as (client, _), pytest.raises(RegistryUnavailable, match="TimeoutError"):
        client.send("GET", "/x")


def test_an_answer_without_end() -> None:
    sent = []

    def serve(connection: socket.socket) -> None:
        connection.recv(10_000)
        connection.sendall(OK % 1_500_000_000)
        while True:
            connection.sendall(b" " * 100_000)
            sent.append(100_000)

    with served(serve) as (client, _), pytest.raises(RegistryError, match="more than 4,194,304"):
        client.send("GET", "/x")
    assert sum(sent) < 10 * http_session.MAX_BYTES


def test_an_answer_that_is_nested_deeply(fake: FakeRegistry) -> None:
    fake.when("GET /x", (200, b"[" * 1_000_000))
    client = RegistryClient(RegistryAddress.parse(fake.url), 0)
    with pytest.raises(RegistryError, match="does not answer like a schema registry"):
        client.send("GET", "/x")


def test_closing_does_not_wait_for_an_answer() -> None:
    asked, closed = threading.Event(), threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.recv(10_000)
        asked.set()
        closed.wait()

    with served(serve, patience_s=float("inf")) as (client, _):

        def close() -> None:
            asked.wait()
            client.close()

        closing = threading.Thread(target=close)
        closing.start()
        with pytest.raises(RegistryClosed, match="nothing is lost"):
            client.send("GET", "/x")
        closing.join()
        closed.set()
