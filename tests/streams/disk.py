"""A folder of states, and a worker that takes its partition over and processes events."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oracle.list_log import ListLog
from oracle.messages import CODEC, Logs, encoded
from oracle.parts import whole

from streams.batch import Round
from streams.changelog import Changelog, Ownership
from streams.partitions import Partitions
from streams.pipeline import Processed
from streams.recovery import Recovery
from streams.settings import Settings


class Disk:
    """A folder of states, and a worker on it. more: settings. failures: what stopped its recovery."""

    def __init__(
        self,
        folder: Path,
        log: ListLog | None,
        requests: ListLog | None = None,
        epoch: int = 0,
        **more: Any,
    ) -> None:
        settings = Settings(data_dir=folder, partitions=1, epoch=epoch, **more)
        self.partitions = Partitions(settings, CODEC)
        self.failures: list[Exception] = []
        self.stopped = asyncio.Event()
        changelog = Changelog(log, epoch, partitions=1) if log else None
        self.recovery = Recovery(self.partitions, changelog, self.in_thread, self.failed, requests)

    async def in_thread(self, call: Callable[..., Any], *args: Any) -> Any:
        return call(*args)

    async def failed(self, error: Exception) -> None:
        self.failures.append(error)
        self.stopped.set()

    async def take_over(self) -> Ownership | None:
        """Bring the state up to date. Raises: what stopped that."""
        self.recovery.assigned([0])
        owner = asyncio.ensure_future(self.recovery.owner(0))
        stopped = asyncio.ensure_future(self.stopped.wait())
        await asyncio.wait([owner, stopped], return_when=asyncio.FIRST_COMPLETED)
        if self.stopped.is_set():
            owner.cancel()
            self.partitions.close()
            raise self.failures[0]
        stopped.cancel()
        return await owner

    async def work(self, logs: Logs, committed: dict[tuple[str, int], int]) -> list[Processed]:
        """Take the partition over and process what is not committed, one record after another."""
        owned = await self.take_over()
        found = []
        for topic in logs.topics(0):
            for offset in range(committed.get((topic, 0), 0), logs.length(topic, 0)):
                pipeline = self.partitions.pipeline(0)
                batch = logs.batch(topic, 0, offset, 1)
                prepared = pipeline.prepare(Round((batch,)), logs.ranges(0, committed))
                position = await owned.append(prepared.change) if owned else None
                found.append(whole(pipeline.parts(prepared, position)))
        self.partitions.close()
        return found


def logs(*events: Any) -> Logs:
    return Logs(map(encoded, events), partitions=1)
