"""A round with many rows is written part by part, and counts when its last part is safe."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from threading import Event

import pytest
from workbench import Workbench, eventually

from schemas.errors import SinkUnavailable
from sinks.block import Block
from sinks.memory import MemorySink
from streams import app as streams_app
from streams import joining
from streams.batch import Round
from streams.pipeline import Processed

USERS = 40
ALL = {f"s{user}": 1 for user in range(USERS)}


class TakesSome(MemorySink):
    """A sink that takes some conversions, and then nothing. full: it was given more."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.room = rows
        self.full = Event()

    def insert(self, block: Block, give_up: Event | None = None) -> None:
        assert give_up is not None
        if block.table == "conversions":
            self.room -= len(block)
        if self.room < 0:
            self.full.set()
            assert give_up.wait(120)
            raise SinkUnavailable("told to give up")
        super().insert(block)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch, bench: Workbench) -> None:
    """Each conversion is a part, and is written at once."""
    monkeypatch.setattr(joining, "AT_ONCE", 1)
    monkeypatch.setattr(streams_app, "HURRY_S", 0.2)
    bench.settings = replace(bench.settings, sink_rows=1)
    for user in range(USERS):
        bench.view(user, at=0)
        bench.pay(user, at=1000)


def conversions(sink: MemorySink) -> dict[str, int]:
    return {row["sub_order_id"]: len(row["path.kind"]) for row in sink.rows("conversions")}


async def drain(bench: Workbench, sink: MemorySink) -> None:
    app = bench.worker(sink)
    await app.start()
    await eventually(lambda: app.processed == 2 * USERS)
    await app.stop()


def test_all_of_it_comes(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Processed] = []
    add = streams_app.Outbox.add

    async def noted(outbox: streams_app.Outbox, processed: Processed, *rest: object) -> None:
        seen.append(processed)
        await add(outbox, processed, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(streams_app.Outbox, "add", noted)
    sink = MemorySink()
    asyncio.run(drain(bench, sink))
    assert conversions(sink) == ALL
    assert bench.unread() == 0
    parts = [part for part in seen if not part.judged]
    assert len(parts) >= USERS
    assert all(
        len(block) == 1 for part in parts for block in part.blocks if block.table == "conversions"
    )


def test_a_round_of_which_a_part_was_let_go_is_read_again(bench: Workbench) -> None:
    some, rest = TakesSome(rows=5), MemorySink()

    async def stopped() -> None:
        app = bench.worker(some)
        await app.start()
        await eventually(some.full.is_set)
        await app.stop()
        assert app.crash_reason is None
        app.partitions.close()
        assert app.processed < 2 * USERS

    asyncio.run(stopped())
    assert bench.unread() > 0
    written = conversions(some)
    assert 0 < len(written) < USERS

    async def next_one() -> None:
        app = bench.worker(rest)
        await app.start()
        await eventually(lambda: bench.unread() == 0)
        await app.stop()

    asyncio.run(next_one())
    assert written | conversions(rest) == ALL


def test_a_part_that_is_made_while_others_are_let_go_counts_for_nothing(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its round takes no memory any more, and nothing would give that back."""
    process, let_go = streams_app.App._process, list[Callable[[], None]]()
    handed_over = 0

    async def add(_: object, processed: Processed, done: object, gone: Callable[[], None]) -> None:
        nonlocal handed_over
        handed_over += 1
        let_go.append(gone)

    async def let_go_meanwhile(app: streams_app.App, found: Round) -> AsyncIterator[Processed]:
        async for part in process(app, found):
            while let_go:
                let_go.pop()()
            yield part

    monkeypatch.setattr(streams_app.Outbox, "add", add)
    monkeypatch.setattr(streams_app.App, "_process", let_go_meanwhile)

    async def scenario() -> int:
        app = bench.worker(MemorySink())
        await app.start()
        await eventually(lambda: handed_over > 0)
        await asyncio.sleep(0.3)
        taken = app.consumer.in_flight._bytes
        await app.stop()
        return taken

    assert asyncio.run(scenario()) == 0
