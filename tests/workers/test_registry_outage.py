"""A worker whose schema registry is away waits for it, or stops when it is told to; either way it loses nothing."""

import asyncio
import math
from collections.abc import Iterator

import pytest
from fake_registry import FakeRegistry
from workbench import PARTITIONS, READ_TOPICS, Workbench, eventually

from schemas import rest_client
from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.rest_address import RegistryAddress
from schemas.rest_client import RegistryClient
from schemas.rest_registry import RestRegistry
from schemas.topics import SOURCE_TOPICS
from sinks.memory import MemorySink
from streams.app import App
from streams.partitions import Partitions

USERS = 20


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRegistry]:
    """A registry that is away until `comes_back`."""
    monkeypatch.setattr(rest_client, "FIRST_WAIT_S", 0.01)
    with FakeRegistry() as registry:
        for path in paths():
            registry.when(f"GET {path}", (503, b""))
        yield registry


def paths() -> list[str]:
    contracts = DirectoryRegistry()
    ids = [contracts.current(topic).schema_id for topic in SOURCE_TOPICS]
    return [f"/schemas/ids/{i}{more}" for i in ids for more in ("", "/versions?deleted=true")]


def comes_back(registry: FakeRegistry) -> None:
    contracts = DirectoryRegistry()
    for topic in SOURCE_TOPICS:
        contract = contracts.current(topic)
        registry.has(contract.schema_id, contract.text, f"{topic}-value")


def worker(bench: Workbench, registry: FakeRegistry, sink: MemorySink) -> App:
    client = RegistryClient(RegistryAddress.parse(registry.url), math.inf)
    codec = Codec(RestRegistry(client, DirectoryRegistry()))
    return App(bench.settings, Partitions(bench.settings, codec), sink)


def publish_all(bench: Workbench) -> None:
    for user in range(USERS):
        bench.view(user)
        bench.pay(user, at=1000)


async def drained(bench: Workbench, app: App) -> None:
    await eventually(lambda: app.processed == 2 * USERS or app.should_stop)
    await app.stop()
    assert app.crash_reason is None
    assert bench.unread() == 0


def test_it_goes_on_when_the_registry_is_back(bench: Workbench, away: FakeRegistry) -> None:
    async def scenario(sink: MemorySink) -> None:
        publish_all(bench)
        app = worker(bench, away, sink)
        await app.start()
        await eventually(lambda: len(away.requests) > 3)
        assert app.processed == 0
        comes_back(away)
        await drained(bench, app)

    sink = MemorySink()
    asyncio.run(scenario(sink))
    assert len(sink.rows("touches")) == len(sink.rows("order_events")) == USERS
    assert not sink.rows("dead_letters")


def test_a_rebalance_does_not_wait_for_it(bench: Workbench, away: FakeRegistry) -> None:
    """Rounds that wait are left to whoever has their partition next, and wait there."""

    async def scenario(sink: MemorySink) -> None:
        publish_all(bench)
        first, second = worker(bench, away, sink), worker(bench, away, sink)
        await first.start()
        await eventually(lambda: len(away.requests) > 3)
        await second.start()
        await eventually(
            lambda: (
                len(first.consumer.assignment())
                == len(second.consumer.assignment())
                == READ_TOPICS * PARTITIONS / 2
            )
        )
        asked = len(away.requests)
        await eventually(lambda: len(away.requests) > asked + 3)
        assert bench.unread() == 2 * USERS
        comes_back(away)
        await eventually(lambda: bench.unread() == 0)
        for app in (first, second):
            await app.stop()
            assert app.crash_reason is None

    sink = MemorySink()
    asyncio.run(scenario(sink))
    assert {row["user_id"] for row in sink.rows("touches")} == {f"u{n}" for n in range(USERS)}
    assert not sink.rows("dead_letters")


def test_it_stops_meanwhile_and_the_next_one_reads_all(
    bench: Workbench, away: FakeRegistry
) -> None:
    async def scenario(sink: MemorySink) -> None:
        publish_all(bench)
        app = worker(bench, away, sink)
        await app.start()
        await eventually(lambda: len(away.requests) > 3)
        await app.stop()
        assert app.crash_reason is None
        assert bench.unread() == 2 * USERS
        comes_back(away)
        app = worker(bench, away, sink)
        await app.start()
        await drained(bench, app)

    sink = MemorySink()
    asyncio.run(scenario(sink))
    assert len(sink.rows("touches")) == len(sink.rows("order_events")) == USERS
    assert not sink.rows("dead_letters")
