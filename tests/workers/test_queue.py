"""While a worker is busy, what follows waits in the transport: in Faust's queue, small batches would stay small."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from workbench import Workbench, eventually

from sinks.memory import MemorySink
from streams.app import QUEUED_BATCHES, App

USERS = 50


def test_only_few_batches_wait_for_the_agent(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.settings = replace(bench.settings, batch_records=1)

    async def scenario() -> int:
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
        await eventually(lambda: len(in_flight) > QUEUED_BATCHES)
        await asyncio.sleep(0.3)
        waiting = len(in_flight)
        free.set()
        await eventually(lambda: app.processed == USERS)
        await app.stop()
        return waiting

    # One at work, those that wait, and one for which there is no place yet.
    assert asyncio.run(scenario()) == 1 + QUEUED_BATCHES + 1
