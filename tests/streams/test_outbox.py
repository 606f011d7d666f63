"""What waits for ClickHouse is bounded: whoever adds more waits as well."""

import asyncio
import threading
from threading import Event

import polars as pl

from sinks.block import Block
from sinks.memory import MemorySink
from sinks.tables import TABLES
from streams.outbox import Outbox
from streams.pipeline import Processed

MAX_ROWS = 10


class Held(MemorySink):
    """Takes nothing until it may go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = threading.Event(), threading.Event()

    def insert(self, block: Block, give_up: Event | None = None) -> None:
        self.asked.set()
        assert self.go.wait(60)
        super().insert(block, give_up)


def rows(count: int) -> Processed:
    table = TABLES["touches"]
    empty = pl.DataFrame(schema=table.columns).drop(table.optional)
    return Processed([], [Block("touches", empty.clear(count))])


async def publish(processed: Processed) -> None:
    """There are no dead letters."""


def test_whoever_adds_too_much_waits_until_it_is_written() -> None:
    async def scenario() -> None:
        sink = Held()
        outbox = Outbox(sink, publish, MAX_ROWS, linger_s=60)
        async with outbox:
            done: list[int] = []

            def add(number: int, count: int) -> asyncio.Task[None]:
                adding = outbox.add(rows(count), lambda: done.append(number), done.clear)
                return asyncio.create_task(adding)

            await add(0, MAX_ROWS)
            # These are being written; beside them, twice as many are too many.
            await asyncio.to_thread(sink.asked.wait, 60)
            await add(1, 2 * MAX_ROWS - 1)
            adding = add(2, 1)
            await asyncio.wait({adding}, timeout=0.2)
            waits, acknowledged = not adding.done(), list(done)
            sink.go.set()
            await adding
            assert waits
            assert acknowledged == []
            assert done == [0, 1, 2]
        assert sum(len(block) for block in sink.blocks) == 3 * MAX_ROWS

    asyncio.run(scenario())
