"""State, ClickHouse, acknowledgement, offset: a failure in between repeats, and loses nothing."""

import asyncio
import threading
from threading import Event

import pytest
from workbench import Workbench, eventually

from schemas.errors import SinkUnavailable
from schemas.topics import DEAD_LETTERS, NOTE_VIEWS
from sinks.block import Block
from sinks.memory import MemorySink

USERS = 20


def publish_all(bench: Workbench) -> None:
    for user in range(USERS):
        bench.view(user, at=0)
        bench.pay(user, at=1000)


async def drained_by(bench: Workbench, sink: MemorySink) -> None:
    app, published = bench.worker(sink), bench.unread()
    await app.start()
    await eventually(lambda: app.processed == published or app.should_stop)
    await app.stop()


def paths(sink: MemorySink) -> dict[str, int]:
    return {row["sub_order_id"]: len(row["path.kind"]) for row in sink.rows("conversions")}


def test_everything_is_written_and_committed(bench: Workbench) -> None:
    publish_all(bench)
    sink = MemorySink()
    asyncio.run(drained_by(bench, sink))
    assert len(sink.rows("touches")) == len(sink.rows("order_events")) == USERS
    assert paths(sink) == {f"s{user}": 1 for user in range(USERS)}
    assert bench.unread() == 0


def test_nothing_is_committed_before_the_sink_has_it(bench: Workbench) -> None:
    class Held(MemorySink):
        def __init__(self) -> None:
            super().__init__()
            self.asked, self.go = threading.Event(), threading.Event()

        def insert(self, block: Block, give_up: Event | None = None) -> None:
            self.asked.set()
            assert self.go.wait(120)
            super().insert(block, give_up)

    async def scenario() -> tuple[int, int]:
        publish_all(bench)
        sink = Held()
        app = bench.worker(sink)
        await app.start()
        await eventually(sink.asked.is_set)
        await app.consumer.commit()
        before = bench.unread()
        sink.go.set()
        await eventually(lambda: app.processed == 2 * USERS)
        await app.stop()
        return before, bench.unread()

    assert asyncio.run(scenario()) == (2 * USERS, 0)


def test_a_worker_whose_sink_fails_stops_and_the_next_one_writes_all(bench: Workbench) -> None:
    class Failing(MemorySink):
        def insert(self, block: Block, give_up: Event | None = None) -> None:
            raise SinkUnavailable("ClickHouse is away")

    async def crash() -> BaseException | None:
        app = bench.worker(Failing())
        await app.start()
        await eventually(lambda: app.should_stop)
        reason = app.crash_reason
        await app.stop()
        app.partitions.close()
        return reason

    publish_all(bench)
    with pytest.raises(SinkUnavailable, match="away"):
        raise asyncio.run(crash()) or AssertionError("it did not crash")
    assert bench.unread() == 2 * USERS
    sink = MemorySink()
    asyncio.run(drained_by(bench, sink))
    assert paths(sink) == {f"s{user}": 1 for user in range(USERS)}
    assert bench.unread() == 0


def test_what_cannot_be_used_goes_to_the_table_and_the_topic(bench: Workbench) -> None:
    publish_all(bench)
    bench.broker.append(NOTE_VIEWS, b"k", b"junk", 1_750_132_800_000, partition=2)
    sink = MemorySink()
    asyncio.run(drained_by(bench, sink))
    [letter] = sink.rows("dead_letters")
    assert (letter["topic"], letter["partition"], letter["payload"]) == (NOTE_VIEWS, 2, b"junk")
    assert bench.broker.backlog([DEAD_LETTERS]) == 1
    assert len(sink.rows("touches")) == USERS
