"""Claims and changes: who may write, and what counts."""

import logging
import os
import socket
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from schemas.errors import StateError
from streams.changelog.records import Claim, Claimed, Sealed, Unreadable, from_bytes, to_bytes
from streams.standing import BEGIN_ANEW, REBUILD
from streams.state import Change, PartitionState, Position, Stage
from streams.state.formats import UnknownFormat

logger = logging.getLogger(__name__)


class Log(Protocol):
    """A topic of records that are only ever appended, in as many partitions as the sources have."""

    async def append(self, partition: int, record: bytes) -> int:
        """Add a record; its offset, once it is durable."""
        ...

    async def first_offset(self, partition: int) -> int:
        """The first offset that is still held."""
        ...

    def read(
        self, partition: int, start: int, end: int
    ) -> AsyncGenerator[tuple[int, bytes | None], None]:
        """Offsets and records, None for an empty one, from start (included) to end (excluded), both of which exist.

        Whoever does not read to the end closes it: others wait meanwhile.
        """
        ...


#: What has happened where offsets lead nowhere, and what to do.
MADE_ANEW = (
    "the changelog's topic was made anew, or what it held was lost, and it does not have the whole state any more. "
    f"Delete the folders of the states, and {REBUILD}: {BEGIN_ANEW}."
)


class Fenced(Exception):
    """Another worker, whom the text names, has claimed the partition number: what we do for it no longer counts."""


@dataclass(frozen=True, slots=True)
class Found:
    """A change that counts, on the way to a state. position: behind it."""

    change: Change
    position: Position


class Changelog:
    """The changelog of a group, as one of its workers uses it.

    partitions: how many there are; None if changes do not tell for how many they were made.
    skipped: records of others that were passed over; one that is read again counts again.
    """

    def __init__(self, log: Log, epoch: int, partitions: int | None = None) -> None:
        self.skipped = 0
        self._log = log
        self._epoch = epoch
        self._partitions = partitions
        self._worker = f"{socket.gethostname()}, process {os.getpid()}"

    async def claim(self, partition: int) -> "Ownership":
        """Become the only worker whose changes of a partition number count."""
        offset = await self._log.append(partition, to_bytes(Claim(self._epoch, self._worker)))
        return Ownership(self._log, partition, self._epoch, offset, self._partitions)

    async def first_offset(self, partition: int) -> int:
        """The first offset that is still held."""
        return await self._log.first_offset(partition)

    async def check_is_of(self, owned: "Ownership", state: PartitionState) -> None:
        """The last record before the position of a state must be the change that it has from there.

        What has expired is believed.
        Raises: StateError, if the log is not the one that the position is of.
        """
        offset = state.position.next_offset - 1
        if not await self.first_offset(owned.partition) <= offset < owned.claim:
            return
        async with aclosing(self._log.read(owned.partition, offset, offset + 1)) as records:
            found = [from_bytes(raw) async for _, raw in records]
        if not any(isinstance(record, Sealed) and _ends_at(record, state) for record in found):
            raise StateError(
                f"Offset {offset} of the changelog of partition {owned.partition} is not the change that the state has "
                f"from there: {MADE_ANEW}"
            )

    async def changes(self, owned: "Ownership", since: Position) -> AsyncGenerator[Found, None]:
        """What counts between a position and the claim of the owner. To be closed by the reader.

        Raises: StateError, if the log is not the one that the position is of, belongs to a later epoch, or has a change
        that cannot be used, unless the state was made anew behind it.
        """
        useless: StateError | None = None
        async with aclosing(self._counting(owned, since)) as records:
            async for offset, record in records:
                if record.seed and record.seed.stage is Stage.FIRST:
                    useless = None
                if useless is None:
                    try:
                        change = self._opened(record, owned.partition, offset)
                    except StateError as error:
                        useless = error
                    else:
                        yield Found(change, Position(offset + 1, record.claim))
        if useless is not None:
            raise useless

    async def _counting(
        self, owned: "Ownership", since: Position
    ) -> AsyncGenerator[tuple[int, Sealed], None]:
        """The changes that count, unopened, with their offsets. Raises: StateError."""
        if since.next_offset > owned.claim:
            raise StateError(
                f"The state of partition {owned.partition} ends at offset {since.next_offset} of its changelog, "
                f"but the changelog ends at {owned.claim}: {MADE_ANEW}"
            )
        newest_claim = since.claim
        async with aclosing(
            self._log.read(owned.partition, since.next_offset, owned.claim)
        ) as records:
            async for offset, raw in records:
                record = from_bytes(raw)
                if record is None or not _may_be(record, newest_claim, since):
                    self.skipped += 1
                    logger.warning(
                        "partition %d: offset %d of its changelog was not written by a worker and is passed over",
                        *(owned.partition, offset),
                    )
                    continue
                if record.epoch > self._epoch:
                    raise StateError(
                        f"The changelog of partition {owned.partition} is of epoch {record.epoch}, but epoch is "
                        f"{self._epoch}: set epoch to {record.epoch}, as on the other workers."
                    )
                number = offset if isinstance(record, Claim) else record.claim
                if number < newest_claim:
                    logger.info("partition %d: offset %d was fenced", owned.partition, offset)
                    continue
                newest_claim = number
                if isinstance(record, Sealed) and record.epoch == self._epoch:
                    yield offset, record

    def _opened(self, record: Sealed, partition: int, offset: int) -> Change:
        where = f"Offset {offset} of the changelog of partition {partition}"
        way_on = f"{REBUILD}: {BEGIN_ANEW}"
        if self._partitions is not None and record.partitions not in (None, self._partitions):
            raise StateError(
                f"{where} was made for {record.partitions} partitions, not {self._partitions}, so the events of a user "
                f"would not meet: set partitions to {record.partitions}, or {way_on}."
            )
        try:
            return record.change()
        except UnknownFormat as error:
            raise StateError(
                f"{where} has {error}: use the version that wrote it, or a later one. To go on with this one, {way_on}."
            ) from error
        except Unreadable as error:
            # To pass over it could lose a round of events without a trace.
            raise StateError(
                f"{where} cannot be read ({error}): if another version of zhongcao wrote it, run that one. If nothing "
                f"did, {way_on}."
            ) from error


def _ends_at(record: Sealed, state: PartitionState) -> bool:
    """Is it the change that a state ends with? As much was read with it, or it is one of those that made it anew."""
    if record.seed is not None:
        return record.seed.name == state.seed
    told = record.header.get("read_to")
    return isinstance(told, dict) and bool(told) and told.items() <= state.read_to.items()


def _may_be(record: Claim | Sealed, newest_claim: int, since: Position) -> bool:
    """A change names a claim that was read before it, or that lies before all that is read."""
    if isinstance(record, Claim):
        return True
    return record.claim <= newest_claim or record.claim < since.next_offset


class Ownership:
    """The right to add changes to a partition number, until another worker claims it.

    claim: its offset.
    """

    def __init__(
        self, log: Log, partition: int, epoch: int, claim: int, partitions: int | None
    ) -> None:
        self.partition = partition
        self.claim = claim
        self._log = log
        self._epoch = epoch
        self._partitions = partitions
        self._next_offset = claim + 1
        self._fenced: Fenced | None = None

    async def append(self, change: Change) -> Position:
        """Add a change; return when it is durable and counts.

        Raises: Fenced; StateError, if the log is not the one of the claim any more.
        """
        if self._fenced is not None:
            raise self._fenced
        record = to_bytes(Claimed(self._epoch, self.claim, change, self._partitions))
        offset = await self._log.append(self.partition, record)
        if offset < self._next_offset:
            raise StateError(
                f"A change of partition {self.partition} was written at offset {offset} of its changelog, where "
                f"{self._next_offset} would be next: {MADE_ANEW}"
            )
        if offset > self._next_offset:
            await self._check_claims(offset)
        self._next_offset = offset + 1
        return Position(self._next_offset, self.claim)

    async def _check_claims(self, end: int) -> None:
        """Somebody else has appended: a worker that was fenced, or one that has taken over."""
        async with aclosing(self._log.read(self.partition, self._next_offset, end)) as records:
            async for _, raw in records:
                record = from_bytes(raw)
                if isinstance(record, Claim):
                    self._fenced = Fenced(record.worker)
                    raise self._fenced
