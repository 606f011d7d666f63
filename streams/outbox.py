"""Between the pipelines and ClickHouse: rows of many rounds become a few large inserts.

A round is acknowledged when its rows are in ClickHouse and its dead letters in their topic, and in the order in which
rounds came. While ClickHouse is away, rows wait: it is the sink that decides for how long. When the partitions are
wanted elsewhere, what could not be written by then is let go: whoever reads them next computes the same rows.
"""

import asyncio
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from mode import Service

from sinks.block import Block, Sink
from streams.pipeline import Processed

Publish = Callable[[Processed], Awaitable[None]]

logger = logging.getLogger(__name__)

#: How long an insert whose rows were let go may take to notice, before the worker stops without it.
NOTICE_S = 2.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A round, or a part of it, that is not safe yet. since: `time.monotonic()` when it was handed over."""

    processed: Processed
    done: Callable[[], None]
    let_go: Callable[[], None]
    since: float = field(default_factory=time.monotonic)

    def __len__(self) -> int:
        """Number of its rows."""
        return sum(map(len, self.processed.blocks))

    @property
    def entries(self) -> int:
        """Number of its rows, and of the touches in their paths."""
        return sum(block.entries for block in self.processed.blocks)


class Outbox(Service):
    """Collects processed rounds and writes them when enough rows wait, or the oldest has waited enough.

    publish: sends the dead letters of a round to their topic.
    max_rows: rows, and touches in their paths, that are written at once; about twice as many at most wait, then `add`
        waits.
    linger_s: how long a round may wait for others.
    """

    def __init__(
        self, sink: Sink, publish: Publish, max_rows: int, linger_s: float, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._sink = sink
        self._publish = publish
        self._max_rows = max_rows
        self._linger_s = linger_s
        self._waiting: list[Waiting] = []
        self._in_writing: list[Waiting] = []
        self._entries = 0
        self._writing = asyncio.Lock()
        self._arrived = asyncio.Event()
        self._full = asyncio.Event()
        self._hurried = False
        self._time_is_up = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sink")

    @property
    def unsafe(self) -> list[Waiting]:
        """The rounds that wait or are being written, the oldest first."""
        return self._in_writing + self._waiting

    async def add(
        self, processed: Processed, done: Callable[[], None], let_go: Callable[[], None]
    ) -> None:
        """Hand over a round. Waits while too much waits already.

        done: called once the round is safe. let_go: called instead if it will not be written here.
        """
        self._waiting.append(Waiting(processed, done, let_go))
        self._entries += self._waiting[-1].entries
        self._arrived.set()
        if self._hurried or self._entries >= self._max_rows:
            self._full.set()
        if self._entries >= 2 * self._max_rows:
            await self.flush()

    async def flush(self) -> None:
        """Write everything that waits now; return when it is safe or was let go.

        Raises: SinkError. Nothing of what was not written is acknowledged.
        """
        async with self._writing:
            self._in_writing, self._waiting, self._entries = self._waiting, [], 0
            self._full.clear()
            self._arrived.clear()
            if self._in_writing and self.should_stop:
                self._let_go()
            elif self._in_writing:
                await self._write_or_let_go()

    @contextmanager
    def hurried(self, at_most_s: float) -> Iterator[None]:
        """While inside, no round waits for others, and after so many seconds none is waited for."""
        self._hurried = True
        self._full.set()
        timer = asyncio.get_running_loop().call_later(at_most_s, self._time_is_up.set)
        try:
            yield
        finally:
            timer.cancel()
            self._time_is_up.clear()
            self._hurried = False

    async def _write_or_let_go(self) -> None:
        give_up = threading.Event()
        writing = asyncio.ensure_future(self._write(give_up))
        time_is_up = asyncio.ensure_future(self._time_is_up.wait())
        try:
            await asyncio.wait({writing, time_is_up}, return_when=asyncio.FIRST_COMPLETED)
            if writing.done():
                writing.result()
            else:
                self._let_go()
        finally:
            give_up.set()
            writing.cancel()
            time_is_up.cancel()

    async def _write(self, give_up: threading.Event) -> None:
        """Write and acknowledge, round after round."""
        blocks = merged([block for one in self._in_writing for block in one.processed.blocks])
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._insert, blocks, give_up)
        while self._in_writing:
            await self._publish(self._in_writing[0].processed)
            self._in_writing.pop(0).done()

    def _insert(self, blocks: Sequence[Block], give_up: threading.Event) -> None:
        for block in blocks:
            self._sink.insert(block, give_up)

    def _let_go(self) -> None:
        logger.warning(
            "rows that could not be written in time are let go: whoever has their partitions next will write them",
            extra={"rounds": len(self._in_writing), "rows": sum(map(len, self._in_writing))},
        )
        while self._in_writing:
            self._in_writing.pop(0).let_go()

    async def on_stop(self) -> None:
        """Let an insert that runs come to its end, but not for long: the next to read our partitions waits for us."""
        ended = asyncio.ensure_future(asyncio.to_thread(self._thread.shutdown))
        await asyncio.wait({ended}, timeout=NOTICE_S)

    @Service.task
    async def _write_in_time(self) -> None:
        while not self.should_stop:
            await self._arrived.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._left_s()):
                    await self._full.wait()
            if not self.should_stop:
                await self.flush()

    def _left_s(self) -> float:
        """For how long the oldest round may go on waiting for others: it may have waited for an insert before."""
        waited_s = time.monotonic() - self._waiting[0].since if self._waiting else 0
        return max(self._linger_s - waited_s, 0)


def merged(blocks: Sequence[Block]) -> list[Block]:
    """One block per table, with the rows in their order."""
    frames: dict[str, list[pl.DataFrame]] = defaultdict(list)
    for block in blocks:
        frames[block.table].append(block.frame)
    return [Block(table, pl.concat(parts)) for table, parts in frames.items()]
