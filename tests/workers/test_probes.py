"""/health is 503 when only a restart helps, /ready as long as the worker is not in service; both say why."""

import asyncio
import threading
from collections.abc import Iterator
from threading import Event
from typing import Any

import aiohttp
from serving import AnsweringSink, Served
from workbench import PARTITIONS, Workbench, eventually

from schemas.errors import SinkUnavailable
from schemas.topics import NOTE_VIEWS, SOURCE_TOPICS
from sinks.block import Block
from streams.app import App
from streams.pipeline import Pipeline, Processed

HEALTHY = (200, [])
READY = (200, [])


class Held(AnsweringSink):
    """Hangs in its first insert until it may go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = threading.Event(), threading.Event()

    def insert(self, block: Block, give_up: Event | None = None) -> None:
        self.asked.set()
        assert self.go.wait(120)
        super().insert(block, give_up)


def is_ready(served: Served) -> bool:
    return not served.health.obstacles()


def test_from_start_to_stop(bench: Workbench) -> None:
    async def scenario() -> None:
        sink = AnsweringSink()
        app = bench.worker(sink)
        served = Served(app, sink)
        bench.view(1)
        async with served.listening():
            assert await served.probe("/health") == HEALTHY
            assert await served.probe("/ready") == (
                503,
                ["The group has not assigned partitions yet."],
            )
            await app.start()
            await eventually(lambda: is_ready(served) and app.processed == 1)
            assert await served.probe("/ready") == READY
            status, body = await served.body("/health")
            assert (status, body["status"]) == (200, "healthy")
            assert body["partitions"] == list(range(PARTITIONS))
            assert body["lag"][NOTE_VIEWS] in (0, 1)
            assert list(body["event_time"].values()) == ["2025-06-17T04:00:00.000Z"]
            assert body["last_clickhouse_answer"]
            await app.stop()
            assert await served.probe("/health") == HEALTHY
            assert await served.probe("/ready") == (503, ["The worker is stopping."])

    asyncio.run(scenario())


def test_a_sink_that_hangs(bench: Workbench) -> None:
    async def scenario() -> None:
        sink = Held()
        app = bench.worker(sink)
        served = Served(app, sink)
        async with served.listening():
            await app.start()
            await eventually(lambda: is_ready(served))
            bench.view(1)
            await eventually(sink.asked.is_set)
            assert await served.probe("/health") == HEALTHY
            served.held_at = app.outbox.unsafe[0].since + 1000
            for path in ("/health", "/ready"):
                status, [problem] = await served.probe(path)
                assert status == 503
                assert problem.startswith("Rows have been waiting for ClickHouse for 1000 s")
            served.held_at = None
            sink.go.set()
            await eventually(lambda: app.processed == 1)
            assert await served.probe("/health") == HEALTHY
            await app.stop()

    asyncio.run(scenario())


def test_a_sink_that_gave_up(bench: Workbench) -> None:
    class Failing(AnsweringSink):
        def insert(self, block: Block, give_up: Event | None = None) -> None:
            raise SinkUnavailable("ClickHouse is away")

    async def scenario() -> None:
        sink = Failing()
        app = bench.worker(sink)
        served = Served(app, sink)
        bench.view(1)
        async with served.listening():
            await app.start()
            await eventually(lambda: app.should_stop)
            status, [problem] = await served.probe("/health")
            assert (status, problem) == (503, "The worker crashed: ClickHouse is away")
            await app.stop()
            assert (await served.probe("/health"))[0] == 503

    asyncio.run(scenario())


def test_a_pipeline_that_is_stuck(bench: Workbench, monkeypatch) -> None:
    entered, go = threading.Event(), threading.Event()
    parts = Pipeline.parts

    def held(*args: Any) -> Iterator[Processed]:
        entered.set()
        assert go.wait(120)
        yield from parts(*args)

    async def scenario() -> None:
        sink = AnsweringSink()
        app = bench.worker(sink)
        monkeypatch.setattr(Pipeline, "parts", held)
        served = Served(app, sink)
        async with served.listening():
            await app.start()
            await eventually(lambda: is_ready(served))
            bench.broker.append(NOTE_VIEWS, b"k", b"junk", 1_750_132_800_000, partition=0)
            await eventually(entered.is_set)
            assert await served.probe("/health") == HEALTHY
            served.hurry = 601
            status, [problem] = await served.probe("/health")
            assert status == 503
            assert problem.startswith(
                "A round of partition 0, from offset 0 of note-views on, has been in process"
            )
            served.hurry = 0
            go.set()
            await eventually(lambda: app.processed == 1)
            assert await served.probe("/health") == HEALTHY
            await app.stop()

    asyncio.run(scenario())


def test_a_clickhouse_that_does_not_answer_is_no_reason_to_start_anew(bench: Workbench) -> None:
    async def scenario() -> None:
        sink = AnsweringSink()
        app = bench.worker(sink)
        served = Served(app, sink)
        async with served.listening():
            await app.start()
            await eventually(lambda: is_ready(served))
            sink.answers = False
            assert await served.probe("/health") == HEALTHY
            told = ["ClickHouse did not answer when it was last asked."]
            assert await served.probe("/ready") == (503, told)
            await app.stop()

    asyncio.run(scenario())


def test_state_that_is_being_restored(bench: Workbench, monkeypatch) -> None:
    async def scenario() -> None:
        sink = AnsweringSink()
        app = bench.worker(sink)
        served = Served(app, sink)
        async with served.listening():
            await app.start()
            await eventually(lambda: is_ready(served))
            monkeypatch.setattr(App, "restoring", frozenset({2, 0}))
            assert await served.probe("/health") == HEALTHY
            told = ["The state of these partitions is being restored: 0, 2."]
            assert await served.probe("/ready") == (503, told)
            assert (await served.body("/ready"))[1]["restoring"] == [0, 2]
            served.hurry = 605
            status, [problem] = await served.probe("/health")
            assert status == 503
            assert problem.startswith(
                "The state of these partitions could not be restored any further"
            )
            assert problem.endswith(": 0, 2.")
            await app.stop()

    asyncio.run(scenario())


def test_a_rebalance_that_does_not_end(bench: Workbench) -> None:
    async def scenario() -> None:
        sink = AnsweringSink()
        app = bench.worker(sink)
        served = Served(app, sink)
        async with served.listening():
            await app.start()
            await eventually(lambda: is_ready(served))
            app.on_rebalance_start()
            served.hurry = 300
            assert await served.probe("/health") == HEALTHY
            began = app.rebalancing_since
            app.on_rebalance_start()
            assert app.rebalancing_since == began
            served.held_at = began + 601
            told = "The group has been rebalanced for 601 s, without an end."
            assert await served.probe("/health") == (503, [told])
            app.on_rebalance_end()
            served.held_at = None
            assert await served.probe("/health") == HEALTHY
            await app.stop()

    asyncio.run(scenario())


def test_a_spare_worker_without_partitions_is_ready(bench: Workbench) -> None:
    async def scenario() -> None:
        sinks = [AnsweringSink() for _ in range(PARTITIONS + 1)]
        apps = [bench.worker(sink) for sink in sinks]
        served = [Served(app, sink) for app, sink in zip(apps, sinks, strict=True)]
        for app in apps:
            await app.start()
        await eventually(lambda: all(map(is_ready, served)))
        shares = sorted(len(one.observed.assigned) for one in served)
        assert shares == [0] + PARTITIONS * [len(SOURCE_TOPICS)]
        for app in apps:
            await app.stop()

    asyncio.run(scenario())


def test_there_are_three_pages_and_they_only_answer_get(bench: Workbench) -> None:
    async def scenario() -> None:
        sink = AnsweringSink()
        served = Served(bench.worker(sink), sink)
        async with served.listening(), aiohttp.ClientSession() as session:
            for path, expected in (("/", 404), ("/table", 404), ("/graph", 404)):
                async with session.get(served.base + path) as response:
                    assert response.status == expected
            async with session.post(served.base + "/health") as response:
                assert response.status == 405

    asyncio.run(scenario())
