"""From an assignment of partition numbers to states that are up to date."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from streams.changelog import Changelog, Ownership
from streams.event_time import NEVER
from streams.partitions import Partitions
from streams.state import PartitionState, Position

logger = logging.getLogger(__name__)

#: Runs a function in the thread that owns the states.
InThread = Callable[..., Awaitable[Any]]
Failed = Callable[[Exception], Awaitable[None]]
Owner = asyncio.Future[Ownership | None]

#: Progress is told once per so many seconds.
TELL_EVERY_S = 5.0


class Interrupted(Exception):
    """The partition number was revoked before its state was up to date."""


@dataclass(slots=True)
class Restored:
    """What was read from changelogs. entries: keys of the store. seconds: that it took."""

    entries: int = 0
    seconds: float = 0.0


class Recovery:
    """Brings the states of assigned partition numbers up to date, one after another, and says who owns them.

    changelog: None where the folder of the states is all that there is.
    failed: is told what stopped it.
    restored: sums since the start of the worker.
    """

    def __init__(
        self,
        partitions: Partitions,
        changelog: Changelog | None,
        in_thread: InThread,
        failed: Failed,
    ) -> None:
        self.restored = Restored()
        self._partitions = partitions
        self._changelog = changelog
        self._in_thread = in_thread
        self._failed = failed
        self._owners: dict[int, Owner] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def restoring(self) -> frozenset[int]:
        """Partition numbers that are assigned but not up to date yet."""
        return frozenset(number for number, owner in self._owners.items() if not owner.done())

    def assigned(self, numbers: Iterable[int]) -> None:
        """Begin with what was assigned."""
        loop = asyncio.get_running_loop()
        self._owners = {number: loop.create_future() for number in sorted(numbers)}
        self._task = loop.create_task(self._restore_all(self._owners))

    async def owner(self, number: int) -> Ownership | None:
        """Wait until a state is up to date; the right to change it, None without a changelog.

        Raises: Interrupted, if the partition number is revoked or was before.
        """
        owner = self._owners.get(number)
        if owner is None:
            raise Interrupted("it is not assigned to this worker")
        return await asyncio.shield(owner)

    async def interrupt(self) -> None:
        """Leave off restoring. What is restored stays; who waits for the rest hears that it is revoked."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for owner in self._owners.values():
            if not owner.done():
                owner.set_exception(Interrupted("it was revoked"))
                owner.exception()  # else asyncio warns where nobody waits for it

    async def revoked(self) -> None:
        """Own nothing, and close the states."""
        await self.interrupt()
        self._owners = {}
        await self._in_thread(self._partitions.close)

    async def _restore_all(self, owners: dict[int, Owner]) -> None:
        try:
            for number, owner in owners.items():
                owner.set_result(await self._restore(number))
        except Exception as error:
            await self._failed(error)

    async def _restore(self, number: int) -> Ownership | None:
        state: PartitionState = await self._in_thread(self._partitions.state, number)
        if self._changelog is None:
            return None
        owned = await self._changelog.claim(number)
        start = await self._changelog.first_offset(number)
        expired = state.position.next_offset < start
        if expired:
            # Of no use without what lies between.
            state = await self._in_thread(self._partitions.emptied, number)
            state.position = Position(start)
        progress = _Progress(number, state.position.next_offset, owned.claim)
        async for found in self._changelog.changes(owned, state.position):
            if expired:
                state.misses_before(max(found.change.event_time.newest.values(), default=NEVER))
                expired = False
            await self._in_thread(state.apply, found.change, found.position)
            progress.on(found.position.next_offset, len(found.change.entries))
        progress.ended()
        self.restored.entries += progress.entries
        self.restored.seconds += progress.seconds
        return owned


@dataclass(slots=True)
class _Progress:
    """Of one partition number, for the log. start, end: offsets of its changelog."""

    number: int
    start: int
    end: int
    entries: int = 0
    begun: float = field(default_factory=time.monotonic)
    told: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def on(self, offset: int, entries: int) -> None:
        self.entries += entries
        if time.monotonic() - self.told >= TELL_EVERY_S:
            self.told = time.monotonic()
            share = (offset - self.start) / (self.end - self.start)
            logger.info(
                "partition %d: %.0f %% restored, %s", self.number, 100 * share, self._rate()
            )

    def ended(self) -> None:
        if self.entries:
            logger.info("partition %d: restored %s", self.number, self._rate())

    def _rate(self) -> str:
        rate = self.entries / max(self.seconds, 1e-9)
        return f"{self.entries:,} events in {self.seconds:.1f} s ({rate:,.0f} a second)"
