"""A worker that makes no progress is stuck; one that waits for what is away is not, however long that takes."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from serving import AnsweringSink, Served
from workbench import Workbench, eventually

from streams.partitions import Partitions
from streams.pipeline import Pipeline, Processed
from streams.transport.memory.driver import Consumer


@pytest.mark.parametrize("kind", [Consumer, Partitions])
def test_the_time_of_an_outage_does_not_count(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, kind: type
) -> None:
    entered, go = threading.Event(), threading.Event()
    parts = Pipeline.parts
    name = "away_at" if kind is Consumer else "waited_at"

    def held(*args: Any) -> Iterator[Processed]:
        entered.set()
        go.wait(60)
        yield from parts(*args)

    async def scenario() -> list[list[str]]:
        sink = AnsweringSink()
        app = bench.worker(sink)
        monkeypatch.setattr(Pipeline, "parts", held)
        served = Served(app, sink)
        bench.view(1)
        await app.start()
        await eventually(entered.is_set)
        begun = app.activity.in_process
        assert begun is not None
        told = []
        for held_at, away_at in ((9000, 8500), (9000, 8300), (9102, 8500)):
            monkeypatch.setattr(kind, name, begun.since + away_at)
            served.held_at = begun.since + held_at
            told.append(served.health.ailments())
        go.set()
        await app.stop()
        return told

    first, second, third = asyncio.run(scenario())
    assert first == []
    assert "in process for 700 s" in " ".join(second)
    assert "in process for 602 s" in " ".join(third)


def test_a_consumer_that_is_asked_for_nothing_any_more(bench: Workbench) -> None:
    async def scenario() -> list[list[str]]:
        sink = AnsweringSink()
        app = bench.worker(sink)
        served = Served(app, sink)
        await app.start()
        await eventually(lambda: not served.health.obstacles())
        asked_at = app.consumer.asked_at
        await eventually(lambda: app.consumer.asked_at > asked_at)
        asked_at = app.consumer.asked_at
        told = []
        for seconds in (599, 610):
            # An empty topic is asked each second at least.
            served.held_at = asked_at + seconds
            told.append(served.health.ailments())
        await app.stop()
        return told

    healthy, [problem] = asyncio.run(scenario())
    assert healthy == []
    assert problem.startswith("Partitions are assigned, and nothing has been read of them for 6")
