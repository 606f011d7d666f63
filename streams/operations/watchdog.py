"""Ends a worker that makes no progress, so that whatever runs it starts it again.

Three look after one another. On the event loop: what `Health` calls an ailment crashes the app, which stops in order.
In a thread: a loop that stands still ends the process. In C, where Python's lock is not needed: a thread that keeps
that lock ends it too.
"""

import faulthandler
import logging
import os
import sys
import threading
import traceback
from typing import Any

from mode import Service

from schemas.errors import StuckError
from streams.operations.health import Health

logger = logging.getLogger(__name__)

EVERY_S = 1.0
#: Exit code where the event loop stands still.
STUCK = 1
#: Beyond `stuck_after_s`: whoever needs no lock speaks last, as all that it can tell are places in the code.
LAST_RESORT_S = 30.0


class Watchdog(Service):
    """Beats on the event loop of an app, and ends the process where that, or the app, stands still.

    stuck_after_s: how long the loop may stand still; `health` has its own for the rest.
    """

    mundane_level = "debug"

    def __init__(self, app: Any, health: Health, stuck_after_s: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._app = app
        self._health = health
        self._stuck_after_s = stuck_after_s
        self._beats = 0
        self._ended = threading.Event()
        self._main = threading.get_ident()

    async def on_start(self) -> None:
        """Begin to watch."""
        threading.Thread(target=self._watch_the_loop, name="watchdog", daemon=True).start()

    async def on_stop(self) -> None:
        """From now on the stop has a limit of its own."""
        self._ended.set()
        faulthandler.cancel_dump_traceback_later()

    @Service.task
    async def _watch_the_app(self) -> None:
        while not self.should_stop:
            self._beats += 1
            faulthandler.dump_traceback_later(self._stuck_after_s + LAST_RESORT_S, exit=True)
            if not self._app.should_stop and (ailments := self._health.ailments()):
                await self._app.crash(
                    StuckError(
                        f"The worker is stuck and ends, to be started again: {' '.join(ailments)}"
                    )
                )
            await self.sleep(EVERY_S)

    def _watch_the_loop(self) -> None:
        """Count seconds of our own: those in which the whole process was stopped are nobody's fault."""
        seen, silent_s = -1, 0.0
        while not self._ended.wait(EVERY_S):
            silent_s = 0.0 if self._beats != seen else silent_s + EVERY_S
            seen = self._beats
            if silent_s > self._stuck_after_s:
                self._end(silent_s)

    def _end(self, silent_s: float) -> None:
        frame = sys._current_frames().get(self._main)
        logger.critical(
            "the worker is stuck and ends, to be started again: its event loop stood still for %.0f s",
            silent_s,
            extra={
                "at": [
                    f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_stack(frame)
                ][-5:]
            },
        )
        os._exit(STUCK)
