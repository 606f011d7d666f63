"""Notices that a client cancels or disconnects while its query runs in the engine."""

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_POLL_SECONDS = 0.1


class Watch:
    """One thread that looks at the sockets of running queries."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._running: dict[socket.socket, tuple[Callable[[], None], bytes]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="embedded-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching and cancel everything that still runs."""
        self._stop.set()
        self._thread.join()

    def interrupt_all(self) -> None:
        """Cancel everything that runs now."""
        with self._guard:
            callbacks = list(self._running.values())
        for cancel, _ in callbacks:
            cancel()

    @contextmanager
    def running(
        self, sock: socket.socket, cancel: Callable[[], None], cancel_packet: bytes = b""
    ) -> Iterator[None]:
        """While inside, call `cancel` (from another thread) once the client goes away.

        cancel_packet: the byte by which the client's protocol cancels a query, if it has one.
        """
        with self._guard:
            self._running[sock] = (cancel, cancel_packet)
        try:
            yield
        finally:
            with self._guard:
                self._running.pop(sock, None)

    def _loop(self) -> None:
        while not self._stop.wait(_POLL_SECONDS):
            with self._guard:
                sockets = list(self._running)
            if not sockets:
                continue
            with suppress(OSError, ValueError):
                ready, _, _ = select.select(sockets, [], [], 0)
                for sock in ready:
                    self._look(sock)

    def _look(self, sock: socket.socket) -> None:
        with self._guard:
            cancel, cancel_packet = self._running.get(sock, (None, b""))
        if cancel is None:
            return
        with suppress(OSError):
            if sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) not in (b"", cancel_packet):
                return
        cancel()
