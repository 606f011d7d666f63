"""The embedded server: chDB on a folder, behind the native protocol and HTTP."""

import signal
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from schemas.errors import EmbeddedServerError
from sinks.embedded.access import Account, new_password
from sinks.embedded.engine import Engine
from sinks.embedded.folder_lock import FolderLock
from sinks.embedded.http_connection import HttpConnection
from sinks.embedded.native import NativeConnection
from sinks.embedded.watch import Watch

LOOPBACK = ("127.0.0.1", "::1")
_STOP_SECONDS = 10.0
_STOP_POLL_SECONDS = 0.5

Serve = Callable[[socket.socket], None]


class Listener(socketserver.TCPServer):
    """Accepts connections and serves each in a thread, and can end them all."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, serve: Serve, name: str) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._serve = serve
        self._guard = threading.Lock()
        self._connections: dict[socket.socket, threading.Thread] = {}
        try:
            super().__init__((host, port), socketserver.BaseRequestHandler)
        except OSError as error:
            raise EmbeddedServerError(
                f"the {name} port {port} on {host} cannot be opened ({error.strerror}): "
                "stop the program that uses it, or choose another port (0 finds a free one)"
            ) from error
        self.port = int(self.server_address[1])
        self._acceptor = threading.Thread(
            target=self.serve_forever, args=(0.05,), name=f"embedded-{name}", daemon=True
        )

    def start(self) -> None:
        """Begin to accept."""
        self._acceptor.start()

    def process_request(self, request: object, client_address: object) -> None:
        """Serve one connection in a thread of its own."""
        assert isinstance(request, socket.socket)
        thread = threading.Thread(
            target=self._serve_one,
            args=(request,),
            name=f"{self._acceptor.name}-client",
            daemon=True,
        )
        with self._guard:
            self._connections[request] = thread
        thread.start()

    def _serve_one(self, request: socket.socket) -> None:
        try:
            self._serve(request)
        finally:
            with self._guard:
                self._connections.pop(request, None)
            self.shutdown_request(request)

    def stop_accepting(self) -> None:
        """Accept no more, and hang up on everyone."""
        if self._acceptor.is_alive():
            self.shutdown()
            self._acceptor.join()
        self.server_close()
        with self._guard:
            sockets = list(self._connections)
        for sock in sockets:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def wait(self, seconds: float) -> bool:
        """Wait until every connection's thread has ended; False when one has not."""
        with self._guard:
            threads = list(self._connections.values())
        for thread in threads:
            thread.join(seconds)
        return not any(thread.is_alive() for thread in threads)


class EmbeddedServer:
    """A small ClickHouse server for development and tests, in threads of this process.

    Its data stay in `folder`. Ports of 0 find free ones; the real ports are in `native_port` and `http_port` after
    start(). Its one account is the user `default` with a new random password, unless another is given; who may read the
    folder finds it there (running_server). allow_outside: whether statements may use files, other servers and SYSTEM.
    A process can run one at a time. Raises EmbeddedServerError for a host that is not loopback without an account that
    has a password; it crosses the network in the clear: a network of one machine's containers is the place for that.
    """

    def __init__(
        self,
        folder: Path,
        native_port: int = 0,
        http_port: int = 0,
        host: str = LOOPBACK[0],
        account: Account | None = None,
        *,
        allow_outside: bool = False,
    ) -> None:
        if host not in LOOPBACK and not (account and account.password):
            raise EmbeddedServerError(
                f"without a password the embedded server listens on loopback only: 127.0.0.1 or ::1, not {host}"
            )
        self.folder = folder
        self.native_port = native_port
        self.http_port = http_port
        self._host = host
        self.account = account or Account(password=new_password())
        self._allow_outside = allow_outside
        self._listeners: list[Listener] = []
        self._stops: list[Callable[[], None]] = []

    def start(self) -> None:
        """Open the folder and serve. Raises EmbeddedServerError saying what is in the way."""
        if self._stops:
            raise EmbeddedServerError(f"the embedded server on {self.folder} is already started")
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        lock = FolderLock(self.folder)
        self._stops.append(lock.release)
        lock.keep_password(self.account.password)
        engine = Engine(self.folder, allow_outside=self._allow_outside)
        self._stops.append(engine.close)
        watch = Watch()
        watch.start()
        self._stops.append(watch.stop)
        self._stops.append(lambda: _hang_up(self._listeners, watch))
        native = self._listen(
            "native",
            self.native_port,
            lambda sock: NativeConnection(sock, engine, watch, self.account).serve(),
        )
        http = self._listen(
            "HTTP",
            self.http_port,
            lambda sock: HttpConnection(sock, engine, watch, self.account).serve(),
        )
        lock.announce(native.port, http.port, self.account.user)
        self.native_port, self.http_port = native.port, http.port
        for listener in self._listeners:
            listener.start()

    def _listen(self, name: str, port: int, serve: Serve) -> Listener:
        listener = Listener(self._host, port, serve, name)
        self._listeners.append(listener)
        return listener

    def stop(self) -> None:
        """Hang up, cancel what runs, close the folder. Does nothing when not started."""
        while self._stops:
            self._stops.pop()()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _hang_up(listeners: list[Listener], watch: Watch) -> None:
    for listener in listeners:
        listener.stop_accepting()
    deadline = time.monotonic() + _STOP_SECONDS
    while listeners and time.monotonic() < deadline:
        watch.hang_up()
        if listeners[-1].wait(_STOP_POLL_SECONDS):
            listeners.pop()


def serve_until_signal(server: EmbeddedServer, started: Callable[[], None] = lambda: None) -> None:
    """Serve in the foreground until SIGINT or SIGTERM; `started` is called once the ports are known."""
    stopped = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stopped.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with server:
            started()
            # The kernel may give a signal to another thread; Python's handler runs when this one wakes.
            while not stopped.wait(_STOP_POLL_SECONDS):
                pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
