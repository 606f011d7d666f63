"""A round that could not be judged, as its schema was not to be had, is followed by no other of its partition."""

import asyncio
from typing import Any

import pytest
from workbench import NOON, Workbench, eventually

from schemas.errors import RegistryClosed
from schemas.topics import NOTE_VIEWS
from sinks.memory import MemorySink
from streams.pipeline import Pipeline, Prepared


def test_what_follows_waits_for_who_has_the_partition_next(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = Pipeline.prepare
    refused: list[int] = []

    def without_schema(self: Pipeline, found: Any, logs: Any) -> Prepared:
        if found.partition == 0 and not refused:
            refused.append(found.partition)
            raise RegistryClosed("the registry is away, and the group wants the partition")
        return prepare(self, found, logs)

    def junk(partition: int) -> None:
        bench.broker.append(NOTE_VIEWS, b"k", b"junk", NOON, partition=partition)

    async def scenario() -> None:
        app = bench.worker(sink)
        await app.start()
        junk(0)
        await eventually(lambda: bool(refused))
        junk(0)
        junk(1)
        await eventually(lambda: app.processed >= 1)
        # A round of partition 0 would come in less.
        await asyncio.sleep(0.5)
        await app.consumer.commit()
        found = app.processed, bench.unread()
        await app.stop()
        assert found == (1, 2)

    async def next_one() -> None:
        app = bench.worker(sink)
        await app.start()
        await eventually(lambda: app.processed == 2)
        await app.stop()

    monkeypatch.setattr(Pipeline, "prepare", without_schema)
    sink = MemorySink()
    asyncio.run(scenario())
    assert {row["partition"] for row in sink.rows("dead_letters")} == {1}
    asyncio.run(next_one())
    assert bench.unread() == 0
