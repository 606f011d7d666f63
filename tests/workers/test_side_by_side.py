"""Rounds of one partition number are processed in their order, those of several side by side."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from faust.types import TP
from workbench import PARTITIONS, Workbench, eventually

from schemas.errors import RegistryClosed, StateError
from schemas.topics import NOTE_VIEWS
from sinks.memory import MemorySink
from streams.app import App
from streams.recovery import Recovery

EACH = 5


class Gates:
    """Stands before `App.handle`, and lets rounds of a partition number through when it is open.

    begun: partition number → offsets in the order in which they came. fails: number → how its next round fails.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun: dict[int, list[int]] = {number: [] for number in range(PARTITIONS)}
        self.open = {number: asyncio.Event() for number in range(PARTITIONS)}
        self.fails: dict[int, Exception] = {}
        self._handle = App.handle
        monkeypatch.setattr(App, "handle", lambda app, event: self._through(app, event))

    async def _through(self, app: App, event: Any) -> None:
        found = event.value
        self.begun[found.partition].append(int(found.first.offsets[0]))
        await self.open[found.partition].wait()
        if failure := self.fails.pop(found.partition, None):
            raise failure
        await self._handle(app, event)


def publish_to_all(bench: Workbench) -> None:
    """Views, each a batch of its own."""
    bench.settings = replace(bench.settings, batch_records=1)
    for number in range(PARTITIONS):
        for _ in range(EACH):
            bench.broker.append(NOTE_VIEWS, b"k", b"junk", 1_750_132_800_000, partition=number)


def test_one_of_each_number_at_a_time(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        gates = Gates(monkeypatch)
        publish_to_all(bench)
        app = bench.worker(MemorySink())
        await app.start()
        await eventually(lambda: all(gates.begun.values()))
        await asyncio.sleep(0.2)
        assert gates.begun == {number: [0] for number in range(PARTITIONS)}
        for gate in gates.open.values():
            gate.set()
        await eventually(lambda: app.processed == PARTITIONS * EACH)
        assert gates.begun == {number: list(range(EACH)) for number in range(PARTITIONS)}
        await app.stop()
        assert bench.unread() == 0

    asyncio.run(scenario())


def test_after_one_that_fails_nothing_begins(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = StateError("broken")

    async def scenario() -> None:
        gates = Gates(monkeypatch)
        gates.fails[2] = failure
        publish_to_all(bench)
        app = bench.worker(MemorySink())
        await app.start()
        await eventually(lambda: all(gates.begun.values()))
        gates.open[2].set()
        await asyncio.sleep(0.2)
        for gate in gates.open.values():
            gate.set()
        await asyncio.sleep(0.2)
        assert gates.begun == {number: [0] for number in range(PARTITIONS)}
        assert app.crash_reason is failure
        await app.stop()
        app.partitions.close()

    asyncio.run(scenario())
    failed = TP(NOTE_VIEWS, 2)
    assert not bench.broker.committed(bench.settings.group, [failed]).get(failed)


def test_after_one_that_waits_no_more_for_the_registry_none_of_its_number_is_processed(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        gates = Gates(monkeypatch)
        gates.fails[2] = RegistryClosed("wait no more")
        publish_to_all(bench)
        app = bench.worker(MemorySink())
        await app.start()
        for gate in gates.open.values():
            gate.set()
        await eventually(lambda: len(gates.begun[2]) == EACH)
        await eventually(lambda: app.processed == (PARTITIONS - 1) * EACH)
        await app.stop()
        assert app.crash_reason is None
        app.partitions.close()

    asyncio.run(scenario())
    tps = [TP(NOTE_VIEWS, number) for number in range(PARTITIONS)]
    committed = bench.broker.committed(bench.settings.group, tps)
    assert [committed.get(tp) or 0 for tp in tps] == [EACH, EACH, 0, EACH]


def test_one_that_is_being_restored_is_in_nobodys_way(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    restored = asyncio.Event()
    restore = Recovery._restore

    async def held(recovery: Recovery, number: int) -> Any:
        if number == PARTITIONS - 1:
            await restored.wait()
        return await restore(recovery, number)

    async def scenario() -> None:
        monkeypatch.setattr(Recovery, "_restore", held)
        gates = Gates(monkeypatch)
        for gate in gates.open.values():
            gate.set()
        publish_to_all(bench)
        app = bench.worker(MemorySink())
        await app.start()
        await eventually(lambda: app.processed == (PARTITIONS - 1) * EACH)
        *others, restoring = gates.begun.values()
        assert restoring == []
        assert others == [list(range(EACH))] * (PARTITIONS - 1)
        publish_to_all(bench)
        await eventually(lambda: app.processed == 2 * (PARTITIONS - 1) * EACH)
        restored.set()
        await eventually(lambda: app.processed == 2 * PARTITIONS * EACH)
        await app.stop()
        assert bench.unread() == 0

    asyncio.run(scenario())


def test_one_that_is_being_restored_can_be_stopped(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(recovery: Recovery, number: int) -> None:
        await asyncio.Event().wait()

    async def scenario() -> None:
        monkeypatch.setattr(Recovery, "_restore", never)
        publish_to_all(bench)
        app = bench.worker(MemorySink())
        await app.start()
        await eventually(lambda: len(app.consumer._abreast.holding) == PARTITIONS)
        await app.stop()
        assert app.processed == 0

    asyncio.run(scenario())
    assert bench.unread() == PARTITIONS * EACH
