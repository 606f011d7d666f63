"""A round is acknowledged once its dead letters are in their topic, and not before."""

import asyncio
from typing import Any

import pytest
from faust.types.tuples import RecordMetadata
from workbench import NOON, Workbench, eventually

from schemas.topics import DEAD_LETTERS, NOTE_VIEWS
from sinks.memory import MemorySink
from streams.transport.memory.driver import Producer


def test_nothing_is_committed_before(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    send = Producer.send
    unanswered: list[tuple[Any, asyncio.Future[RecordMetadata]]] = []

    async def slow(self: Producer, *args: Any, **kwargs: Any) -> Any:
        answer: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
        unanswered.append((await send(self, *args, **kwargs), answer))
        return answer

    async def scenario() -> tuple[tuple[int, int], int]:
        app = bench.worker(sink)
        await app.start()
        await eventually(lambda: bool(unanswered))
        await eventually(lambda: bool(sink.rows("dead_letters")))
        await app.consumer.commit()
        before = bench.unread(), app.processed
        for sent, answer in unanswered:
            answer.set_result(await sent)
        await eventually(lambda: app.processed == 1)
        await app.stop()
        return before, bench.unread()

    monkeypatch.setattr(Producer, "send", slow)
    sink = MemorySink()
    bench.broker.append(NOTE_VIEWS, b"k", b"junk", NOON, partition=2)
    assert asyncio.run(scenario()) == ((1, 0), 0)
    assert bench.broker.backlog([DEAD_LETTERS]) == 1
