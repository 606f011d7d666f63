"""A ClickHouse behind TLS: both protocols trust the authorities in SSL_CERT_FILE, and nobody else's."""

import io
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from schemas.errors import SinkUnavailable
from sinks.connection import ClickHouse
from sinks.http import run_query
from sinks.retry import RetryPolicy
from sinks.writer import Writer


class Listener:
    """Shakes hands over TLS and hangs up. greeted: how many clients trusted it."""

    def __init__(self, certificate: trustme.LeafCert) -> None:
        self.greeted = 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self._context)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            plain, _ = self._socket.accept()
            with plain:
                if plain.recv(1, socket.MSG_PEEK) == b"!":
                    return
                with (
                    suppress(OSError),
                    self._context.wrap_socket(plain, server_side=True) as secure,
                ):
                    # A client of TLS 1.3 has trusted us once it sends something.
                    self.greeted += bool(secure.recv(1))

    def stop(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(b"!")
            self._thread.join()
        self._socket.close()


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return authority


@pytest.fixture
def listener(authority: trustme.CA) -> Iterator[Listener]:
    listener = Listener(authority.issue_cert("127.0.0.1"))
    yield listener
    listener.stop()


def native(clickhouse: ClickHouse) -> None:
    with Writer(clickhouse, RetryPolicy(attempts=1)) as writer:
        writer.ping()


def http(clickhouse: ClickHouse) -> None:
    run_query(clickhouse, "SELECT 1", io.BytesIO())


@pytest.mark.parametrize("ask", [native, http])
@pytest.mark.parametrize("trusted", [True, False])
def test_who_is_trusted(
    listener: Listener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[ClickHouse], None],
    trusted: bool,
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    clickhouse = ClickHouse(port=listener.port, http_port=listener.port, secure=True)
    # Even one that is trusted hangs up here.
    with pytest.raises(SinkUnavailable):
        ask(clickhouse)
    assert listener.greeted == trusted
