"""Where a worker can be made to die: between every two steps of the order of effects.

A worker of the faults runs the product's own code, with its steps wrapped here. Nothing of this is in the product.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

from sinks.writer import Writer
from streams.app import App
from streams.changelog import Changelog
from streams.changelog.kafka import KafkaLog
from streams.outbox import Outbox
from streams.partitions import Partitions
from streams.pipeline import Pipeline
from streams.recovery import Recovery
from streams.state import PartitionState
from streams.transport.batching import BatchConsumer

#: Name → (class, method): the worker dies when the method has returned.
AFTER: dict[str, tuple[type, str]] = {
    "claimed": (Changelog, "claim"),
    "restored": (Recovery, "_restore"),
    "batch judged": (Pipeline, "prepare"),
    "changelog written": (KafkaLog, "append"),
    "state written": (PartitionState, "apply"),
    "rows computed": (Pipeline, "apply"),
    "one table inserted": (Writer, "insert"),
    "all tables inserted": (Outbox, "_insert"),
    "dead letters published": (App, "publish_rejects"),
    "acknowledged": (BatchConsumer, "ack"),
    "committed": (BatchConsumer, "_commit_offsets"),
    "states closed": (Partitions, "close"),
}
#: And where it dies in the middle: the record is on its way and may or may not arrive.
CHANGELOG_ON_ITS_WAY = "changelog on its way"

POINTS = (*AFTER, CHANGELOG_ON_ITS_WAY)


class Dying:
    """Dies when it has been called so many times."""

    def __init__(self, times: int) -> None:
        self._left = times

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str, times: int) -> None:
    """Have this process die at a point when it comes there for the n-th time."""
    die = Dying(times)
    if point == CHANGELOG_ON_ITS_WAY:
        _die_while_sending(die)
        return
    owner, name = AFTER[point]
    setattr(owner, name, _then(getattr(owner, name), die))


def _then(method: Callable[..., Any], die: Dying) -> Callable[..., Any]:
    if not asyncio.iscoroutinefunction(method):

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            die()
            return result

        return wrapped

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        result = await method(*args, **kwargs)
        die()
        return result

    return awaited


def _die_while_sending(die: Dying) -> None:
    append = KafkaLog.append

    async def sent(log: KafkaLog, *args: Any) -> int:
        sending = asyncio.ensure_future(append(log, *args))
        await asyncio.sleep(0.002)
        die()
        return await sending

    KafkaLog.append = sent
