"""SIGINT and SIGTERM end a command: within seconds, whatever it is doing, and with 130 and 143.

The first signal raises `Stopped` in the main thread, or is told to who asked for it, so that what is open is closed. A
stop that takes too long, and a second signal, end the process as it stands: a crash loses nothing either.
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
#: How long a stop may take.
STOP_S = 15.0


class Stopped(KeyboardInterrupt):
    """A signal ends the command."""


class Asked:
    """Whether a signal has come. number: which, None before."""

    number: int | None = None


_asked = Asked()
_listening = False


def take_over() -> None:
    """Be told of the signals from now on; in the main thread."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    threading.Thread(target=_watch, args=(readable,), name="signals", daemon=True).start()
    # Python writes them there at once, also while the main thread is in a library and no handler can run.
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    for number in STOP_SIGNALS:
        signal.signal(number, _on_signal)


def let_go() -> None:
    """From now on signals end the process at once: nothing is open any more."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def listening() -> Iterator[Asked]:
    """While inside, a signal raises nothing: who is inside looks whether one has come."""
    global _listening
    _listening = True
    try:
        yield _asked
    finally:
        _listening = False


def exit_code() -> int:
    """That of a command that was interrupted."""
    return 128 + (_asked.number or signal.SIGINT)


def end(code: int) -> NoReturn:
    """End the process, and wait for no thread that may be waiting for input, nor for who reads our output."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        with suppress(Exception):
            os.set_blocking(number, False)
            stream.flush()
        with suppress(OSError):
            # Others may write there as well, as a shell does.
            os.set_blocking(number, True)
    os._exit(code)


def _on_signal(number: int, frame: FrameType | None) -> None:
    _asked.number = _asked.number or number
    if not _listening:
        raise Stopped


def _watch(readable: int) -> None:
    number = _next(readable)
    select.select([readable], [], [], STOP_S)
    os.write(2, b"error: Interrupted, and not stopped in order.\n")
    os._exit(128 + number)


def _next(readable: int) -> int:
    while (number := os.read(readable, 1)[0]) not in STOP_SIGNALS:
        pass
    return number
