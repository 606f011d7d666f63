"""While a worker is busy, what follows waits in the transport: in Faust's queue, small batches would stay small."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from workbench import PARTITIONS, READ_TOPICS, Workbench, eventually

from sinks.memory import MemorySink
from streams.app import QUEUED_ROUNDS, App

USERS = 50
#: One of each number at work, one that waits for its number, those that wait for the agent, and one for which there is
#: no place yet.
AT_MOST = PARTITIONS + 1 + QUEUED_ROUNDS + 1


def test_only_few_batches_wait_for_the_agent(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.settings = replace(bench.settings, batch_records=1)

    async def scenario() -> tuple[int, int]:
        free = asyncio.Event()
        handle = App.handle

        async def slow(app: App, event: Any) -> None:
            await free.wait()
            await handle(app, event)

        monkeypatch.setattr(App, "handle", slow)
        for user in range(USERS):
            bench.view(user)
        app = bench.worker(MemorySink())
        await app.start()
        in_flight = app.consumer.in_flight
        await eventually(lambda: len(in_flight) >= AT_MOST)
        await asyncio.sleep(0.3)
        found = len(in_flight), len(app.consumer._active_partitions)
        free.set()
        await eventually(lambda: app.processed == USERS)
        await app.stop()
        return found

    waiting, fetched = asyncio.run(scenario())
    assert waiting == AT_MOST
    assert fetched == PARTITIONS * READ_TOPICS
