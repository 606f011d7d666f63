"""Requests to forget a user, through a worker."""

import asyncio
import logging
from threading import Event

import pytest
from faust.types import TP
from held_users import held_users
from serving import AnsweringSink, Served, value
from workbench import NOON, PARTITIONS, Workbench, eventually

from schemas.errors import SinkUnavailable
from schemas.topics import FORGET_REQUESTS, NOTE_VIEWS
from sinks.block import Block
from sinks.memory import MemorySink
from streams import app as streams_app
from streams.app import App
from streams.erasure.requests import Request
from streams.operations.journal import Journal
from streams.operations.observed import Observed
from streams.partitioning import partition_of

USERS = 20
GONE = 7
PARTITION = partition_of(f"u{GONE}".encode(), PARTITIONS)


def ask(bench: Workbench, value: bytes | None = None) -> None:
    request = Request.of(f"u{GONE}")
    bench.broker.append(FORGET_REQUESTS, request.key, value or request.to_bytes(), NOON, PARTITION)


def publish(bench: Workbench, at: int) -> None:
    for user in range(USERS):
        bench.view(user, at)
        bench.pay(user, at + 1)


def committed(app: App) -> int:
    return app.consumer.committed.get(TP(FORGET_REQUESTS, PARTITION), 0)


async def until_committed(app: App, requests: int) -> None:
    async with asyncio.timeout(30):
        while committed(app) < requests:
            await app.consumer.commit()
            await asyncio.sleep(0.01)


def users_in(sink: MemorySink) -> set[str]:
    return {
        row["user_id"]
        for table in ("touches", "order_events", "journeys", "conversions")
        for row in sink.rows(table)
    }


OTHERS = {f"u{user}" for user in range(USERS) if user != GONE}


def test_a_user_is_forgotten_while_the_worker_runs(bench: Workbench) -> None:
    async def scenario() -> None:
        app = bench.worker(sink)
        await app.start()
        publish(bench, at=0)
        await eventually(lambda: app.processed == 2 * USERS)
        for _ in range(2):
            ask(bench)
            publish(bench, at=100)
        await until_committed(app, requests=2)
        sink.blocks.clear()
        publish(bench, at=200)
        await eventually(lambda: app.processed == 8 * USERS)
        await app.stop()
        app.partitions.close()

    sink = MemorySink()
    asyncio.run(scenario())
    assert users_in(sink) == OTHERS
    folders = (bench.settings.data_dir / "state").glob("0*")
    assert set().union(*map(held_users, folders)) == OTHERS


def test_the_next_worker_knows_it_from_the_folder(bench: Workbench) -> None:
    async def scenario() -> None:
        for sink in sinks:
            app = bench.worker(sink)
            await app.start()
            ask(bench)
            await until_committed(app, requests=1)
            publish(bench, at=0)
            await eventually(lambda app=app: app.processed == 2 * USERS)
            await app.stop()
            app.partitions.close()

    sinks = [MemorySink(), MemorySink()]
    asyncio.run(scenario())
    assert [users_in(sink) for sink in sinks] == [OTHERS, OTHERS]


class Away(MemorySink):
    """A sink that takes nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.back = Event(), Event()

    def insert(self, block: Block, give_up: Event | None = None) -> None:
        assert give_up is not None
        self.asked.set()
        while not self.back.wait(0.01):
            if give_up.is_set():
                raise SinkUnavailable("told to give up")
        super().insert(block)


async def asked_while_rows_wait(bench: Workbench, sink: Away) -> App:
    """A worker that has forgotten the user, and has not written what it computed of the user before."""
    app = bench.worker(sink)
    await app.start()
    publish(bench, at=0)
    await eventually(lambda: app.activity.records == 2 * USERS)
    await eventually(sink.asked.is_set)
    ask(bench)
    await eventually(lambda: bool(app.partitions.opened[PARTITION].forgotten))
    await eventually(
        lambda: app.outbox.unsafe[-1].processed.judged[0].batch.topic == FORGET_REQUESTS
    )
    await app.consumer.commit()
    assert committed(app) == 0
    return app


def test_a_request_is_committed_when_all_rows_before_it_are_in_clickhouse(bench: Workbench) -> None:
    """From then on the command deletes rows, and none may come after."""

    async def scenario() -> None:
        app = await asked_while_rows_wait(bench, sink)
        sink.back.set()
        await until_committed(app, requests=1)
        assert app.processed == 2 * USERS
        await app.stop()

    sink = Away()
    asyncio.run(scenario())
    assert f"u{GONE}" in users_in(sink)


def test_a_request_is_let_go_with_the_rows_before_it(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the partition next fulfils it, and leaves the user out of what it computes again."""

    async def scenario() -> None:
        app = await asked_while_rows_wait(bench, away)
        await app.stop()
        app.partitions.close()
        tp = TP(FORGET_REQUESTS, PARTITION)
        assert bench.broker.committed(bench.settings.group, [tp]) == {tp: 0}
        app = bench.worker(next_sink)
        await app.start()
        await until_committed(app, requests=1)
        await eventually(lambda: app.processed == 2 * USERS)
        await app.stop()

    monkeypatch.setattr(streams_app, "HURRY_S", 0.2)
    away, next_sink = Away(), MemorySink()
    asyncio.run(scenario())
    assert users_in(next_sink) == OTHERS


def test_what_was_left_out_is_counted_and_no_line_tells_of_whom(
    bench: Workbench, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        sink = AnsweringSink()
        app = bench.worker(sink)
        served = Served(app, sink)
        journal = Journal(bench.settings, Observed(app, sink))
        await app.start()
        ask(bench)
        await until_committed(app, requests=1)
        publish(bench, at=0)
        bench.broker.publish(NOTE_VIEWS, f"u{GONE}".encode(), b"junk", NOON)
        await eventually(lambda: app.processed == 2 * USERS + 1)
        async with served.listening():
            found = await served.scrape()
        journal.summarize()
        await app.stop()
        name = "zhongcao_forgotten_records_total"
        assert value(found, name, topic=NOTE_VIEWS) == 2
        assert value(found, name, topic="taobao-purchases") == 1
        assert value(found, "zhongcao_records_total", topic=NOTE_VIEWS) == USERS + 1

    with caplog.at_level(logging.DEBUG, logger="streams"):
        asyncio.run(scenario())
    assert f"u{GONE}" not in " ".join(str(record.__dict__) for record in caplog.records)
    [summary] = [record for record in caplog.records if record.message == "summary"]
    assert (summary.of_forgotten_users, summary.dead_letters) == (3, 0)
    [told] = [record for record in caplog.records if record.message == "users forgotten"]
    assert (told.partition, told.users) == (PARTITION, 1)


@pytest.mark.parametrize("value", [b"junk", b'{"user_id": "\\ud800"}', b"[" * 100_000])
def test_what_is_no_request_is_passed_over(
    bench: Workbench, caplog: pytest.LogCaptureFixture, value: bytes
) -> None:
    async def scenario() -> None:
        app = bench.worker(MemorySink())
        await app.start()
        ask(bench, value)
        ask(bench)
        await until_committed(app, requests=2)
        assert (app.should_stop, app.activity.refused_requests) == (False, 1)
        assert app.partitions.opened[PARTITION].forgotten == {Request.of(f"u{GONE}").hash}
        await app.stop()

    asyncio.run(scenario())
    assert "no request to forget a user, left out" in caplog.messages
