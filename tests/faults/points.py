"""Where a worker can be made to die or to hang: between every two steps of the order of effects.

A worker of the faults runs the product's own code, with its steps wrapped here. Nothing of this is in the product.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable
from typing import Any

from sinks.writer import Writer
from streams.activity import Activity
from streams.app import App
from streams.changelog import Changelog
from streams.changelog.kafka import KafkaLog
from streams.outbox import Outbox
from streams.partitions import Partitions
from streams.pipeline import Pipeline
from streams.recovery import Recovery
from streams.state import PartitionState
from streams.transport.batching import BatchConsumer

#: How long one hangs that hangs at a point: longer than the session, s.
NAP_S = 6
#: Name → (class, method): it strikes when the method has returned.
AFTER: dict[str, tuple[type, str]] = {
    "claimed": (Changelog, "claim"),
    "restored": (Recovery, "_restore"),
    "batch judged": (Pipeline, "prepare"),
    "changelog written": (KafkaLog, "append"),
    "state written": (PartitionState, "apply"),
    "rows computed": (Activity, "count"),
    "one table inserted": (Writer, "insert"),
    "all tables inserted": (Outbox, "_insert"),
    "dead letters published": (App, "publish_rejects"),
    "acknowledged": (BatchConsumer, "ack"),
    "committed": (BatchConsumer, "_commit_offsets"),
    "states closed": (Partitions, "close"),
}
#: And where it strikes in the middle: the record is on its way and may or may not arrive.
CHANGELOG_ON_ITS_WAY = "changelog on its way"

POINTS = (*AFTER, CHANGELOG_ON_ITS_WAY)


def die() -> None:
    """End at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def nap() -> None:
    """Stop, all threads, until somebody else wakes this process up again."""
    subprocess.Popen(["sh", "-c", f"sleep {NAP_S}; kill -CONT {os.getpid()}"])
    os.kill(os.getpid(), signal.SIGSTOP)


#: Name → what a worker does at a point.
ACTS = {act.__name__: act for act in (die, nap)}


class Countdown:
    """Acts when it has been called so many times."""

    def __init__(self, times: int, act: Callable[[], None]) -> None:
        self._left = times
        self._act = act

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._act()


def arm(act: str, point: str, times: int) -> None:
    """Have this process do an act when it comes to a point for the n-th time."""
    strike = Countdown(times, ACTS[act])
    if point == CHANGELOG_ON_ITS_WAY:
        _while_sending(strike)
        return
    owner, name = AFTER[point]
    setattr(owner, name, _then(getattr(owner, name), strike))


def _then(method: Callable[..., Any], strike: Countdown) -> Callable[..., Any]:
    if not asyncio.iscoroutinefunction(method):

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            strike()
            return result

        return wrapped

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        result = await method(*args, **kwargs)
        strike()
        return result

    return awaited


def _while_sending(strike: Countdown) -> None:
    append = KafkaLog.append

    async def sent(log: KafkaLog, *args: Any) -> int:
        sending = asyncio.ensure_future(append(log, *args))
        await asyncio.sleep(0.002)
        strike()
        return await sending

    KafkaLog.append = sent
