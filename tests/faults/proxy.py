"""The way between the workers and ClickHouse, which can be cut, slowed down or deafened."""

import socket
import threading
import time
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import Self

from local_kafka import free_port

CHUNK = 1 << 16


class Way(StrEnum):
    """What becomes of a connection."""

    OPEN = "open"
    REFUSED = "refused"  #: nobody listens; what was open is cut
    SILENT = "silent"  #: connections are taken, and nothing comes through
    SLOW = "slow"  #: every piece takes its time
    DEAF = "deaf"  #: the server hears and acts, but its answers do not arrive


class Proxy:
    """Forwards connections to a port while inside. port: its own."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self.way = Way.OPEN
        self._listening: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.set(Way.REFUSED)

    def set(self, way: Way) -> None:
        """Change what becomes of connections, the open ones too."""
        self.way = way
        if way is Way.REFUSED:
            self._close()
        elif self._listening is None:
            self._listen()

    def cut(self) -> None:
        """Break every connection that is open."""
        with self._lock:
            for end in self._open:
                _end(end)
            self._open.clear()

    def _listen(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=[self._listening], daemon=True).start()

    def _close(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            _end(listening)
        self.cut()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
                server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                if self._listening is not listening:
                    return
                client.close()
                continue
            server.settimeout(None)
            with self._lock:
                self._open |= {client, server}
            for source, sink, answers in ((client, server, False), (server, client, True)):
                threading.Thread(
                    target=self._pump, args=[source, sink, answers], daemon=True
                ).start()

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        try:
            while piece := source.recv(CHUNK):
                while self.way is Way.SILENT or (self.way is Way.DEAF and answers):
                    time.sleep(0.02)
                if self.way is Way.SLOW:
                    time.sleep(0.3)
                sink.sendall(piece)
        except OSError:
            pass
        with self._lock:
            for end in (source, sink):
                _end(end)
                self._open.discard(end)


def _end(connection: socket.socket) -> None:
    """Close it; only a shutdown wakes a thread that reads from it."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
