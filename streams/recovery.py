"""From an assignment of partition numbers to states that are up to date."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from schemas.errors import StateError
from streams.changelog import Changelog, Fenced, Ownership
from streams.erasure.requests import Asked, Readable, requests_of
from streams.event_time import NEVER
from streams.partitions import Partitions
from streams.standing import REBUILD
from streams.state import PartitionState, Position, Stage
from streams.timeunits import iso_utc

logger = logging.getLogger(__name__)

#: Runs a function in the thread that owns the states.
InThread = Callable[..., Awaitable[Any]]
Failed = Callable[[Exception], Awaitable[None]]
Owner = asyncio.Future[Ownership | None]
#: Compares a state that is up to date with what its group has committed and its topics hold, or raises.
Settle = Callable[[int, PartitionState], Awaitable[None]]

#: Progress is told once per so many seconds.
TELL_EVERY_S = 5.0
#: A worker that was fenced hears of its rebalance within a session; if it does not, nobody reads the partition.
FENCED_S = 60.0


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
    requests: who is to be forgotten; None where the states alone know.
    settle: is asked before anything of a partition number is processed; None where there is nobody to ask.
    failed: is told what stopped it.
    restored: sums since the start of the worker.
    refused_requests: records among the requests that were none; one that is read again counts again.
    progressed_at: `time.monotonic()` when a restoration last began or came further.
    """

    def __init__(
        self,
        partitions: Partitions,
        changelog: Changelog | None,
        in_thread: InThread,
        failed: Failed,
        requests: Readable | None = None,
        settle: Settle | None = None,
    ) -> None:
        self.restored = Restored()
        self.refused_requests = 0
        self._partitions = partitions
        self._changelog = changelog
        self._in_thread = in_thread
        self._failed = failed
        self._requests = requests
        self._settle = settle
        self._owners: dict[int, Owner] = {}
        self._task: asyncio.Task[None] | None = None
        self._claiming: asyncio.Future[Ownership] | None = None
        self._fenced: dict[int, asyncio.TimerHandle] = {}
        self._closing = asyncio.Lock()
        self._stopped = False
        self.progressed_at = time.monotonic()

    @property
    def skipped(self) -> int:
        """Records of the changelog that were passed over, as no worker had written them."""
        return 0 if self._changelog is None else self._changelog.skipped

    @property
    def restoring(self) -> frozenset[int]:
        """Partition numbers that are assigned and being brought up to date, or are next."""
        return frozenset(number for number, owner in self._owners.items() if not owner.done())

    def assigned(self, numbers: Iterable[int]) -> None:
        """Begin with what was assigned; nothing is after a stop."""
        if self._stopped:
            return
        loop = asyncio.get_running_loop()
        self.progressed_at = time.monotonic()
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

    def assignment(self, number: int) -> object:
        """What stands for the assignment of a partition number: another for the next one, None while it is not ours."""
        return self._owners.get(number)

    def give_up(self, number: int) -> None:
        """Nothing more of a partition number may be processed, until it is assigned anew."""
        self._owners[number] = asyncio.get_running_loop().create_future()
        _interrupt(self._owners[number])

    def fenced(self, number: int, reason: Fenced) -> None:
        """Another worker has claimed a partition number: soon the group must tell that it is not ours any more."""
        if number in self._fenced:
            return
        logger.warning("partition %d was taken over by another worker (%s)", number, reason)
        error = StateError(
            f"Partition {number} was claimed by another worker ({reason}), but the group still has it here: start this "
            "worker again, and check that no other group uses the same changelog."
        )
        self._fenced[number] = asyncio.get_running_loop().call_later(
            FENCED_S, lambda: asyncio.ensure_future(self._failed(error))
        )

    async def interrupt(self) -> None:
        """Leave off restoring. What is restored stays; who waits for the rest hears that it is revoked."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._claiming is not None:
            # One that came to the log after that of the next owner would fence it.
            await asyncio.gather(self._claiming, return_exceptions=True)
        for owner in self._owners.values():
            if not owner.done():
                _interrupt(owner)

    async def revoked(self) -> None:
        """Own nothing, and close the states; a stop has done so for good."""
        async with self._closing:
            if not self._stopped:
                await self._let_go()

    async def stop(self) -> None:
        """Own nothing from now on, whatever the group assigns or revokes; the thread of the states may end."""
        async with self._closing:
            self._stopped = True
            await self._let_go()

    async def _let_go(self) -> None:
        await self.interrupt()
        while self._fenced:
            self._fenced.popitem()[1].cancel()
        self._owners = {}
        await self._in_thread(self._partitions.close)

    async def _restore_all(self, owners: dict[int, Owner]) -> None:
        try:
            for number, owner in owners.items():
                owner.set_result(await self._restore(number))
                self.progressed_at = time.monotonic()
        except Exception as error:
            await self._failed(error)

    async def _restore(self, number: int) -> Ownership | None:
        state: PartitionState = await self._in_thread(self._partitions.state, number)
        if self._changelog is None:
            latest = self._partitions.clock.latest_ms()
            if state.held_since > latest:
                raise StateError(
                    f"The state in {state.folder} has dropped everything before {iso_utc(state.held_since / 1000)}, "
                    "more than 24 h ahead of this machine's clock: set the clock right if it is wrong; else an event "
                    "with a wrong date has done it, so replay into a new folder."
                )
            await self._set_back(number, state, latest)
            return None
        self._claiming = asyncio.ensure_future(self._changelog.claim(number))
        owned = await asyncio.shield(self._claiming)
        # Not before the claim, with which the brokers tell what time it is.
        latest = self._partitions.clock.latest_ms()
        if state.held_since > latest:
            # The changelog still has what event time of a wrong clock has made the state drop.
            logger.warning(
                "partition %d: its state has dropped everything before %s, which is yet to come: it is restored anew",
                number,
                iso_utc(state.held_since / 1000),
            )
            state = await self._in_thread(self._partitions.emptied, number)
        state = await self._read_back(self._changelog, owned, state, latest)
        if not state.whole:
            raise StateError(
                f"The state of partition {number} is half: what makes it anew has not come to its end. Stop all "
                f"workers, and {REBUILD}."
            )
        await self._set_back(number, state, latest)
        if self._settle is not None:
            await self._settle(number, state)
        return owned

    async def _read_back(
        self, changelog: Changelog, owned: Ownership, state: PartitionState, latest: int
    ) -> PartitionState:
        """Put into a state what the changelog has beyond it; the state, or a new one. latest: no event is later, ms."""
        number = owned.partition
        # Before anything comes into the state: whoever is in the log would be in it again.
        asked = await requests_of(self._requests, number) if self._requests else Asked([])
        forgotten = asked.requests
        self.refused_requests += asked.refused
        await self._in_thread(state.forget, forgotten)
        await changelog.check_is_of(owned, state)
        start = await changelog.first_offset(number)
        expired = state.position.next_offset < start
        since = Position(start) if expired else state.position
        progress = _Progress(number, since.next_offset, owned.claim)
        async with aclosing(changelog.changes(owned, since)) as changes:
            async for found in changes:
                anew = found.change.seed is not None and found.change.seed.stage is Stage.FIRST
                if expired or anew:
                    # What lies between is gone, and what the folder has of before is of no use without it.
                    state = await self._in_thread(self._partitions.emptied, number)
                    await self._in_thread(state.forget, forgotten)
                if expired and not anew:
                    # So it is, too, where the first of those is gone that have made the state anew.
                    newest = found.change.event_time.newest.values()
                    state.misses_before(min(max(newest, default=NEVER) + 1, latest))
                expired = False
                change = found.change.without(state.forgotten)
                await self._in_thread(state.apply, change, found.position)
                progress.on(found.position.next_offset, len(found.change.entries))
                self._count(len(found.change.entries))
        progress.ended()
        return state

    async def _set_back(self, number: int, state: PartitionState, latest: int) -> None:
        """Event time that a wrong clock has moved beyond the wall clock would call all that comes too late."""
        known = [state.event_time.now, *state.event_time.newest.values()]
        if await self._in_thread(state.set_back, latest):
            logger.warning(
                "partition %d: event time was set back, as an event dated %s had moved it beyond the clock: what came "
                "meanwhile may be marked too late",
                number,
                iso_utc(max(known) / 1000),
            )

    def _count(self, entries: int) -> None:
        now = time.monotonic()
        self.restored.entries += entries
        self.restored.seconds += now - self.progressed_at
        self.progressed_at = now


def _interrupt(owner: Owner) -> None:
    owner.set_exception(Interrupted("it was revoked"))
    owner.exception()  # else asyncio warns where nobody waits for it


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
