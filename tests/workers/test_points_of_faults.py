"""The steps at which faults strike are steps that a worker takes."""

import asyncio
from typing import Any

import pytest
from faults.points import AFTER
from workbench import NOON, Workbench, eventually

from schemas.topics import NOTE_VIEWS
from sinks.memory import MemorySink

#: Those that need Kafka or ClickHouse.
ELSEWHERE = {"claimed", "changelog written", "one table inserted"}


def test_a_worker_comes_to_each(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: set[str] = set()

    def noting(name: str, method: Any) -> Any:
        def noted(*args: Any, **kwargs: Any) -> Any:
            reached.add(name)
            return method(*args, **kwargs)

        return noted

    async def scenario() -> None:
        app = bench.worker(MemorySink())
        await app.start()
        bench.view(1)
        bench.broker.append(NOTE_VIEWS, b"k", b"junk", NOON, partition=0)
        await eventually(lambda: app.processed == 2)
        await app.consumer.commit()
        await app.stop()
        await asyncio.to_thread(app.partitions.close)

    for name, (owner, method) in AFTER.items():
        monkeypatch.setattr(owner, method, noting(name, getattr(owner, method)))
    asyncio.run(scenario())
    assert reached >= set(AFTER) - ELSEWHERE
