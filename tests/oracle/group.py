"""Workers of one group, each with a disk of its own and all with one changelog.

Partitions move, disks are lost, and some workers do not know that they own nothing any more.
"""

import shutil
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from oracle.conftest import Arena
from oracle.list_log import ListLog
from oracle.messages import CODEC, Log, Logs
from oracle.parts import whole
from streams.batch import Round
from streams.changelog import Changelog, Fenced
from streams.outbox import merged
from streams.partitions import Partitions
from streams.pipeline import Processed
from streams.recovery import Recovery
from streams.settings import Settings
from streams.state import Change, Position
from streams.wall_clock import machine_ms

T = TypeVar("T")


class Group:
    """The logs, who owns which partition, and what is committed.

    journal: the messages in the order in which they were processed and counted, as rows of `messages`.
    """

    def __init__(self, settings: Settings, logs: Logs, arena: Arena) -> None:
        self.settings = replace(settings, partitions=len(logs.partitions))
        self.logs = logs
        self.arena = arena
        self.changes = ListLog()
        self.owner: dict[int, Member] = {}
        self.committed: dict[Log, int] = defaultdict(int)
        self.journal: list[dict[str, Any]] = []

    def assign(self, owner: dict[int, "Member"], unaware: "Member | None" = None) -> None:
        """Give each partition to a member. One member may not hear of it, as if it were paused."""
        aware = {*self.owner.values(), *owner.values()} - {unaware}
        for member in aware:
            member.finish()
        self.owner = owner
        for member in aware:
            member.take_over(self.partitions_of(member))

    def partitions_of(self, member: "Member") -> list[int]:
        return [partition for partition, owner in self.owner.items() if owner is member]

    def unread(self) -> list[Log]:
        """(topic, partition) of every log that is not committed to its end."""
        return [
            (topic, partition)
            for partition in self.logs.partitions
            for topic in self.logs.topics(partition)
            if self.committed[topic, partition] < self.logs.length(topic, partition)
        ]


class Member:
    """One worker. Every step is one that the test takes.

    position: where it reads on each log of the partitions that it believes to own.
    committed: what it knows of that.
    fenced: how often it was told that it was wrong.
    """

    def __init__(self, group: Group, name: str) -> None:
        self.group = group
        self.folder = group.arena.folder / name
        self.fenced = 0
        self._start()

    def take_over(self, partitions: list[int]) -> None:
        """Bring states up to date and read on from what is committed."""
        self.partitions.close()
        self._run(self._restore(partitions))
        self.committed = self.group.committed.copy()
        self.position = {
            (topic, partition): self.group.committed[topic, partition]
            for partition in partitions
            for topic in self.group.logs.topics(partition)
        }

    def read(self, some: Sequence[Log], count: int) -> None:
        """Process up to `count` messages of each of some logs of a partition; their rows wait for `write`.

        Nothing comes of it if it is fenced.
        """
        logs = self.group.logs
        found = Round(tuple(logs.batch(*log, self.position[log], count) for log in some))
        pipeline = self.partitions.pipeline(found.partition)
        prepared = pipeline.prepare(found, logs.ranges(found.partition, self.committed))
        try:
            position = self._run(self._append(prepared.change, found.partition))
        except Fenced:
            self.fenced += 1
            return
        self.waiting.append(whole(pipeline.parts(prepared, position)))
        for batch in found.batches:
            self.position[batch.topic, batch.partition] = batch.next_offset
            for row in logs.rows(batch):
                read = {"seq": len(self.group.journal), "read_at": machine_ms(), "epoch": 0}
                self.group.journal.append(read | row)

    def unread(self) -> list[Log]:
        """Logs that it believes to own and has not read to their end."""
        logs = self.group.logs
        return [log for log, offset in self.position.items() if offset < logs.length(*log)]

    def write(self) -> None:
        """Hand everything that waits to the sink."""
        for block in merged([block for processed in self.waiting for block in processed.blocks]):
            self.group.arena.writer.insert(block)
        self.written += self.waiting
        self.waiting = []

    def commit(self) -> None:
        """Commit what was written; Kafka takes nothing for partitions that belong to others."""
        mine = self.group.partitions_of(self)
        for batch in (batch for processed in self.written for batch in processed.batches):
            if batch.partition in mine:
                for known in (self.committed, self.group.committed):
                    known[batch.topic, batch.partition] = batch.next_offset
        self.written = []

    def finish(self) -> None:
        """Hear of a rebalance in time."""
        self.write()
        self.commit()

    def crash(self, lose_disk: bool) -> None:
        """Lose what waits, and perhaps the disk, and come back."""
        self.partitions.close()
        if lose_disk:
            shutil.rmtree(self.folder)
        self._start()
        self.take_over(self.group.partitions_of(self))

    def _start(self) -> None:
        self.waiting: list[Processed] = []
        self.written: list[Processed] = []
        self.position: dict[Log, int] = {}
        self.committed: dict[Log, int] = {}
        settings = replace(self.group.settings, data_dir=self.folder)
        self.partitions = Partitions(settings, CODEC)
        changelog = Changelog(self.group.changes, settings.epoch)
        self.recovery = Recovery(self.partitions, changelog, _at_once, _fail)

    async def _restore(self, partitions: list[int]) -> None:
        self.recovery.assigned(partitions)
        for partition in partitions:
            await self.recovery.owner(partition)

    async def _append(self, change: Change, partition: int) -> Position:
        owned = await self.recovery.owner(partition)
        assert owned
        return await owned.append(change)

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.group.arena.loop.run_until_complete(coroutine)


async def _at_once(call: Callable[..., Any], *args: Any) -> Any:
    return call(*args)


async def _fail(error: Exception) -> None:
    raise error
