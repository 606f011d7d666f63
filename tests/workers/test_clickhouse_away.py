"""While ClickHouse is away, rows wait; when partitions are wanted elsewhere, they are let go and computed again."""

import asyncio
from collections.abc import Iterator
from threading import Event

import pytest
from workbench import PARTITIONS, READ_TOPICS, Workbench, eventually

from schemas.errors import SinkUnavailable
from sinks.block import Block
from sinks.memory import MemorySink
from streams import app as streams_app
from streams import outbox

USERS = 50
HURRY_S = 0.2


class Away(MemorySink):
    """A sink that takes nothing until it is told to.

    asked: it was given rows. gave_up: it was told to try no more.
    """

    def __init__(self) -> None:
        super().__init__()
        self.back, self.asked, self.gave_up = Event(), Event(), Event()

    def insert(self, block: Block, give_up: Event | None = None) -> None:
        assert give_up is not None
        self.asked.set()
        while not self.back.wait(0.01):
            if give_up.is_set():
                self.gave_up.set()
                raise SinkUnavailable("told to give up")
        super().insert(block)


class Deaf(MemorySink):
    """A sink that hangs, and hears nothing of giving up.

    asked: it was given rows. answer: go on. answered: it went on.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answer, self.answered = Event(), Event(), Event()

    def insert(self, block: Block, give_up: Event | None = None) -> None:
        self.asked.set()
        self.answer.wait(120)
        self.answered.set()
        super().insert(block)


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    monkeypatch.setattr(streams_app, "HURRY_S", HURRY_S)
    sink = Away()
    yield sink
    sink.back.set()


def publish(bench: Workbench) -> None:
    for user in range(USERS):
        bench.view(user, at=0)
        bench.pay(user, at=1000)


def conversions(*sinks: MemorySink) -> dict[str, int]:
    rows = [row for sink in sinks for row in sink.rows("conversions")]
    return {row["sub_order_id"]: len(row["path.kind"]) for row in rows}


ALL = {f"s{user}": 1 for user in range(USERS)}


def test_rows_wait_and_go_when_it_is_back(bench: Workbench, away: Away) -> None:
    async def scenario() -> None:
        publish(bench)
        app = bench.worker(away)
        await app.start()
        await eventually(away.asked.is_set)
        await asyncio.sleep(2 * HURRY_S)  # no hurry: nobody wants the partitions
        assert not app.should_stop
        assert bench.unread() == 2 * USERS
        away.back.set()
        await eventually(lambda: app.processed == 2 * USERS)
        await app.stop()

    asyncio.run(scenario())
    assert not away.gave_up.is_set()
    assert conversions(away) == ALL
    assert bench.unread() == 0


def test_a_worker_that_is_stopped_lets_go(bench: Workbench, away: Away) -> None:
    async def stopped() -> None:
        publish(bench)
        app = bench.worker(away)
        await app.start()
        await eventually(away.asked.is_set)
        await app.stop()
        app.partitions.close()
        assert app.crash_reason is None

    async def next_one(sink: MemorySink) -> None:
        app = bench.worker(sink)
        await app.start()
        await eventually(lambda: app.processed == 2 * USERS)
        await app.stop()

    asyncio.run(stopped())
    assert away.gave_up.is_set()
    assert away.blocks == []
    assert bench.unread() == 2 * USERS
    sink = MemorySink()
    asyncio.run(next_one(sink))
    assert conversions(sink) == ALL
    assert bench.unread() == 0


def test_a_rebalance_does_not_wait_for_it(bench: Workbench, away: Away) -> None:
    """Both workers go on; what the first had let go is written by whoever has its partition."""

    async def scenario() -> None:
        publish(bench)
        first, second = bench.worker(away), bench.worker(away)
        await first.start()
        await eventually(away.asked.is_set)
        await second.start()
        await eventually(lambda: len(second.consumer.assignment()) == READ_TOPICS * PARTITIONS / 2)
        await eventually(away.gave_up.is_set)  # the sink looks every now and then
        assert bench.unread() == 2 * USERS
        away.back.set()
        await eventually(lambda: first.processed + second.processed >= 2 * USERS)
        for app in (first, second):
            await app.stop()
            assert app.crash_reason is None

    asyncio.run(scenario())
    assert conversions(away) == ALL
    assert bench.unread() == 0


def test_a_sink_that_hangs_is_not_waited_for_either(bench: Workbench, away: Away) -> None:
    """It hears nothing of giving up; the rows that it writes at last are the same as the next worker's."""
    deaf = Deaf()

    async def scenario() -> None:
        publish(bench)
        first, second = bench.worker(deaf), bench.worker(sink)
        await first.start()
        await eventually(deaf.asked.is_set)
        await second.start()
        await eventually(lambda: len(second.consumer.assignment()) == READ_TOPICS * PARTITIONS / 2)
        assert bench.unread() == 2 * USERS
        deaf.answer.set()
        await first.stop()
        first.partitions.close()
        await eventually(lambda: second.processed == 2 * USERS)
        await second.stop()

    sink = MemorySink()
    asyncio.run(scenario())
    assert conversions(sink) == ALL
    assert bench.unread() == 0


def test_a_stop_does_not_wait_for_a_sink_that_hangs(
    bench: Workbench, away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker leaves the group, so others go on."""
    monkeypatch.setattr(outbox, "NOTICE_S", 0.1)
    deaf, sink = Deaf(), MemorySink()

    async def scenario() -> None:
        publish(bench)
        first, second = bench.worker(deaf), bench.worker(sink)
        await first.start()
        await eventually(deaf.asked.is_set)
        await first.stop()
        assert not deaf.answered.is_set()
        assert first.crash_reason is None
        first.partitions.close()
        await second.start()
        await eventually(lambda: second.processed == 2 * USERS)
        await second.stop()
        assert not deaf.answered.is_set()
        deaf.answer.set()

    asyncio.run(scenario())
    assert conversions(sink) == ALL
    assert bench.unread() == 0
