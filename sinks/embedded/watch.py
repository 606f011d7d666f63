"""Notices that a client cancels or disconnects while its query runs in the engine."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_POLL_SECONDS = 0.1


class Run:
    """A running query, as far as its client is concerned."""

    def __init__(self, interrupt: Callable[[], None], cancel_packet: bytes) -> None:
        self._interrupt = interrupt
        self._cancel_packet = cancel_packet
        self.cancelled = False  # by the client, which waits for the end of the result
        self.gone = False  # nobody waits any more

    def look(self, waiting: bytes) -> None:
        """Stop the query if what waits in the socket says so; nothing at all means that it is closed."""
        if not waiting:
            self.hang_up()
        elif waiting == self._cancel_packet:
            self.cancelled = True
            self._interrupt()

    def hang_up(self) -> None:
        """Stop the query because nobody waits for it."""
        self.gone = True
        self._interrupt()


class Watch:
    """One thread that looks at the sockets of running queries."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._running: dict[socket.socket, Run] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="embedded-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join()

    def hang_up(self) -> None:
        """Stop every query that runs now."""
        with self._guard:
            for run in self._running.values():
                run.hang_up()

    @contextmanager
    def running(
        self, sock: socket.socket, interrupt: Callable[[], None], cancel_packet: bytes = b""
    ) -> Iterator[Run]:
        """While inside, and never after, call `interrupt` (from another thread) once the client cancels or goes away.

        cancel_packet: the byte by which the client's protocol cancels a query, if it has one.
        """
        run = Run(interrupt, cancel_packet)
        with self._guard:
            self._running[sock] = run
        try:
            yield run
        finally:
            with self._guard:
                self._running.pop(sock, None)

    def _loop(self) -> None:
        while not self._stop.wait(_POLL_SECONDS):
            with self._guard:
                for sock, run in self._running.items():
                    with suppress(BlockingIOError):
                        run.look(_waiting(sock))


def _waiting(sock: socket.socket) -> bytes:
    """The first byte that waits in a socket, empty when it is closed. Raises BlockingIOError when none does."""
    try:
        return sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        raise
    except OSError:
        return b""
