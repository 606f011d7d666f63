"""How a worker's process ends.

The first SIGINT or SIGTERM lets the rounds at work be written and committed and leaves the group. A stop that takes
too long, after a crash too, and a second signal end the process as it stands: a crash loses nothing either.
"""

import asyncio
import gc
import inspect
import logging
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import faust

logger = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
#: Exit code of a stop that took too long.
TOOK_TOO_LONG = 1


class Process(faust.Worker):
    """Runs an app and services beside it until a signal or a crash.

    stop_timeout_s: how long a stop may take.
    """

    mundane_level = "debug"

    def __init__(self, app: Any, *services: Any, stop_timeout_s: float) -> None:
        super().__init__(app, *services, quiet=True, override_logging=False)
        # It writes to the terminal even when told to be quiet.
        self.spinner = None
        self._stop_timeout_s = stop_timeout_s

    def execute_from_commandline(self) -> None:
        """Run until it ends. Raises what kept a service from starting, of which mode tells nothing, and SystemExit."""
        try:
            super().execute_from_commandline()
        except SystemExit as ended:
            if isinstance(ended.__context__, Exception):
                raise ended.__context__ from None
            raise

    def install_signal_handlers(self) -> None:
        """Take over the signals that stop."""
        super().install_signal_handlers()
        for number in STOP_SIGNALS:
            self.loop.add_signal_handler(number, self._stop_in_order, number)

    async def on_stop(self) -> None:
        """A stop has begun; its time runs, even when the event loop does not."""
        await super().on_stop()
        timer = threading.Timer(self._stop_timeout_s, self._give_up)
        timer.daemon = True
        timer.start()

    def _stop_in_order(self, number: signal.Signals) -> None:
        # In the place of the loop's handlers, and before it is told: whoever reads it may send the second one at once.
        for each in STOP_SIGNALS:
            signal.signal(each, _end)
        logger.info(
            "stopping; a second signal ends the process at once", extra={"signal": number.name}
        )
        self._on_sigterm()

    def _give_up(self) -> None:
        logger.error(
            "the stop took too long: what is not committed will be read again",
            extra={"stop_timeout_s": self._stop_timeout_s, "waits": waits()},
        )
        os._exit(TOOK_TOO_LONG)


def waits() -> list[str]:
    """What each unfinished task, of whatever event loop, waits for: its coroutines, the innermost last."""
    tasks = [each for each in gc.get_objects() if isinstance(each, asyncio.Task)]
    return sorted(" > ".join(_places(task.get_coro())) for task in tasks if not task.done())


def _places(awaited: Any) -> Iterator[str]:
    for kind in ("cr", "ag"):
        if frame := getattr(awaited, f"{kind}_frame", None):
            yield f"{frame.f_code.co_qualname}:{frame.f_lineno}"
            yield from _places(getattr(awaited, f"{kind}_await"))
            return
    # What steps through an asynchronous generator names it nowhere.
    for each in gc.get_referents(awaited):
        if inspect.isasyncgen(each):
            yield from _places(each)


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(128 + number)
