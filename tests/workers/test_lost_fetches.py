"""What was fetched may get lost before it is delivered, as in the middle of a rebalance: it is fetched again."""

import asyncio
from typing import Any

import pytest
from workbench import Workbench, eventually

from sinks.memory import MemorySink
from streams.transport.memory.driver import Consumer

USERS = 40


@pytest.mark.parametrize("lost", [[0], [1], [0, 1, 2], [1, 3, 5]])
def test_nothing_is_missing(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, lost: list[int]
) -> None:
    fetch = Consumer.fetch
    fetches = 0

    async def losing(self: Consumer, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        nonlocal fetches
        found = await fetch(self, *args, **kwargs)
        fetches += bool(found)
        return {} if found and fetches - 1 in lost else found

    async def scenario() -> int:
        app, published = bench.worker(sink), 0
        await app.start()
        while fetches <= max(lost):
            for _ in range(4):
                bench.view(published, at=published)
                published += 1
            await asyncio.sleep(0.1)
        # What was lost is missed when something comes behind it.
        for _ in range(USERS):
            bench.view(published, at=published)
            published += 1
        await eventually(lambda: app.processed >= published)
        await app.stop()
        return published

    monkeypatch.setattr(Consumer, "fetch", losing)
    sink = MemorySink()
    published = asyncio.run(scenario())
    users = {row["user_id"] for row in sink.rows("touches")}
    assert users == {f"u{user}" for user in range(published)}
    assert bench.unread() == 0
