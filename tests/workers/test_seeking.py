"""After a rebalance a worker goes back to the committed offsets, or says that it cannot."""

import asyncio
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from aiokafka import TopicPartition
from faust.transport.consumer import Consumer
from faust.types import TP
from workbench import Workbench, eventually

from schemas.columns import binary
from schemas.errors import BrokerError
from schemas.topics import NOTE_VIEWS
from sinks.memory import MemorySink
from streams.batch import Batch
from streams.transport.abreast import Abreast
from streams.transport.batching import InFlight
from streams.transport.kafka import ConsumerThread
from streams.transport.memory.driver import Consumer as MemoryConsumer

VIEWS = TP(NOTE_VIEWS, 0)


class Client:
    """A Kafka client in whose group some partitions have committed offsets; it tells them when it is let."""

    def __init__(self, committed: dict[int, int]) -> None:
        self.assigned = {0}
        self.let = asyncio.Event()
        self.asked = 0
        self.read_from: dict[int, int] = {}
        self._committed = committed
        self._coordinator = SimpleNamespace(fetch_committed_offsets=self._fetch)

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition(NOTE_VIEWS, number) for number in self.assigned}

    async def _fetch(self, partitions: list[TopicPartition]) -> dict[TopicPartition, Any]:
        self.asked += 1
        await self.let.wait()
        return {
            tp: SimpleNamespace(offset=self._committed[tp.partition])
            for tp in partitions
            if tp.partition in self._committed
        }

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[Any, int]:
        return dict.fromkeys(partitions, 7)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.read_from[tp.partition] = offset


def thread(client: Client) -> ConsumerThread:
    found = object.__new__(ConsumerThread)
    found.sought, found._seeks, found._positions = {}, 0, {}
    found.began, found._given_back = {}, {}
    found._ensure_consumer = lambda: client  # type: ignore[method-assign]
    return found


def test_where_nothing_is_committed_reading_begins_at_the_beginning() -> None:
    async def run() -> None:
        client = Client({0: 50})
        client.assigned = {0, 1, 2}
        client.let.set()
        kafka = thread(client)
        committed = await kafka._seek_to_committed()
        assert {tp.partition: offset for tp, offset in committed.items()} == {
            0: 50,
            1: None,
            2: None,
        }
        assert client.read_from == {0: 50, 1: 7, 2: 7}
        assert {tp.partition: offset for tp, offset in kafka.sought.items()} == client.read_from
        assert client.asked == 1

    asyncio.run(run())


def test_what_is_given_back_during_a_seek_stays() -> None:
    """The state of a partition may be restored while the first seek is still under way."""

    async def run() -> None:
        client = Client({})
        kafka = thread(client)

        async def commit(offsets: Any) -> bool:
            return True

        async def call(method: Any, *args: Any) -> Any:
            return await method(*args)

        kafka._commit, kafka.call_thread = commit, call  # type: ignore[method-assign]
        seeking = asyncio.create_task(kafka._seek_to_committed())
        await asyncio.sleep(0)
        await kafka.give_back({VIEWS: 3})
        client.let.set()
        await seeking
        assert client.read_from == {0: 3}
        assert kafka.sought == {VIEWS: 3}

    asyncio.run(run())


def test_a_seek_that_another_has_overtaken_changes_nothing() -> None:
    """Two run at once when the group is rebalanced again during one; in the thread the first goes on."""

    async def run() -> None:
        client = Client({0: 50, 1: 60})
        kafka = thread(client)
        first = asyncio.create_task(kafka._seek_to_committed())
        await asyncio.sleep(0)
        client.assigned, waiting = {0, 1}, client.let
        client.let = asyncio.Event()
        client.let.set()
        await kafka._seek_to_committed()
        waiting.set()
        await first
        assert {tp.partition: offset for tp, offset in kafka.sought.items()} == {0: 50, 1: 60}

    asyncio.run(run())


def test_a_worker_that_is_not_told_what_is_committed_ends_with_a_sentence(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faust alone would take it for a stop, and hold the partitions without reading them."""

    async def silence(self: MemoryConsumer) -> None:
        await asyncio.Event().wait()

    async def run() -> BaseException | None:
        app = bench.worker(MemorySink())
        app.conf.broker_request_timeout = 1.0
        async with app:
            await eventually(lambda: app.crash_reason is not None)
            reason: BaseException | None = app.crash_reason
        return reason

    monkeypatch.setattr(MemoryConsumer, "seek_to_committed", silence)
    reason = asyncio.run(run())
    assert isinstance(reason, BrokerError)
    assert "within 0.8 s" in str(reason)
    assert "start this worker again" in str(reason)


def test_a_fetch_that_ends_during_a_seek_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """It must not be handed out before what is read again."""
    late = Batch(
        NOTE_VIEWS, 0, np.array([50]), np.array([1]), binary([None]), binary([b"late"]), 51
    )
    consumer = object.__new__(MemoryConsumer)
    consumer.app = SimpleNamespace(conf=SimpleNamespace(broker_request_timeout=90.0))
    consumer.in_flight = InFlight()
    consumer._abreast = Abreast(lambda tp: False, lambda: 0.0)
    consumer._next = {VIEWS: 50}
    consumer._committed_offset = {VIEWS: 10}
    consumer.sought = lambda: {VIEWS: 10}  # type: ignore[method-assign]

    async def seek(self: Consumer) -> None:
        consumer._abreast.put(VIEWS, [late])
        consumer._next[VIEWS] = late.next_offset

    monkeypatch.setattr(Consumer, "perform_seek", seek)
    asyncio.run(consumer.perform_seek())
    assert consumer._abreast.take([VIEWS]) is None
    assert consumer._next == {VIEWS: 10}
