"""A worker on a real broker: the same rows as without one, from where the group left off."""

import asyncio
import re
import time
from dataclasses import replace
from typing import Any

import pytest
from faust.types import TP
from kafka import KafkaProducer

from schemas.codec import Codec
from schemas.errors import BrokerError
from schemas.registry import DirectoryRegistry
from schemas.topics import NOTE_SAVES, NOTE_VIEWS, SourceEvent
from sinks.memory import MemorySink
from sources.generator import Traffic, generate
from streams.app import App
from streams.kafka import topics
from streams.kafka.publish import publish
from streams.partitions import Partitions
from streams.settings import Settings
from streams.transport import one_batch, record_batches

CODEC = Codec(DirectoryRegistry())
TIMEOUT_S = 240
VIEWS = 20


@pytest.fixture(scope="module")
def events() -> list[SourceEvent]:
    return list(generate(Traffic(events=3_000, users=200, notes=40, late_share=0)))


@pytest.fixture
def published(settings: Settings, events: list[SourceEvent]) -> int:
    topics.create(settings, replication=1)
    return publish(settings, events, lambda count: None)


async def worked(settings: Settings, sink: MemorySink) -> int:
    """Run a worker until every partition is committed to its end; how many records it processed."""
    app = App(settings, Partitions(settings, CODEC), sink)
    await app.start()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            while not await _at_the_end(app):
                assert not app.should_stop, app.crash_reason
                await asyncio.sleep(0.1)
    finally:
        await app.stop()
    return app.processed


async def _at_the_end(app: App) -> bool:
    assigned = app.consumer.assignment()
    if len(assigned) != 20:
        return False
    await app.consumer.commit()
    ends = await app.consumer.highwaters(*assigned)
    return all(app.consumer.committed.get(tp, 0) >= end for tp, end in ends.items())


def identities(sink: MemorySink) -> set[tuple[Any, ...]]:
    return {
        (row["kind"], row["user_id"], row["note_id"], row["occurred_at"], row["click_id"])
        for row in sink.rows("touches")
    } | {("order", row["txn_id"]) for row in sink.rows("order_events")}


def test_everything_arrives_once_and_a_restart_goes_on_where_it_ended(
    settings: Settings, events: list[SourceEvent], published: int
) -> None:
    sink = MemorySink()
    assert asyncio.run(worked(settings, sink)) >= published
    orders = {("order", e.record["txn_id"]) for e in events if e.topic == "taobao-purchases"}
    assert orders <= identities(sink)
    assert len(sink.rows("touches")) + len(orders) >= len({str(e.record) for e in events})

    again = MemorySink()
    assert asyncio.run(worked(settings, again)) == 0
    assert again.blocks == []


def test_record_batches_are_read_whole(
    settings: Settings, published: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_batches, "_FEW", 0)
    monkeypatch.setattr(record_batches, "_of_records", None)
    assert asyncio.run(worked(settings, MemorySink())) >= published


def test_a_batch_that_its_broker_holds_damaged_ends_the_worker(
    settings: Settings, published: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_batch.RecordBatch, "validate_crc", lambda self: False, raising=False)

    async def scenario() -> BaseException | None:
        app = App(settings, Partitions(settings, CODEC), MemorySink())
        await app.start()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await app._crashed.wait()
        finally:
            await app.stop()
        return app.crash_reason

    reason = asyncio.run(scenario())
    assert isinstance(reason, BrokerError)
    assert re.search(r"Partition \d of [\w-]+ cannot be read from offset \d+ on", str(reason))


def test_a_fetch_that_lingers_fills(settings: Settings) -> None:
    """What comes little by little is processed at once."""
    topics.create(settings, replication=1)
    app_settings = replace(settings, fetch_linger_ms=4_000)

    async def scenario() -> int:
        app = App(app_settings, Partitions(app_settings, CODEC), MemorySink())
        views = app.activity.topics[NOTE_VIEWS]
        await app.start()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                while not await _at_the_end(app):
                    assert not app.should_stop, app.crash_reason
                    await asyncio.sleep(0.1)
                records, rounds = views.records, sum(app.activity.rounds.counts)
                await asyncio.to_thread(_publish_one_by_one, settings, VIEWS)
                while views.records < records + VIEWS:
                    assert not app.should_stop, app.crash_reason
                    await asyncio.sleep(0.1)
        finally:
            await app.stop()
        return sum(app.activity.rounds.counts) - rounds

    # One, or two if a fetch ends meanwhile, and more only on a machine that hardly gets on.
    assert asyncio.run(scenario()) <= VIEWS // 4


def _publish_one_by_one(settings: Settings, count: int) -> None:
    view = {"user_id": "u", "note_id": "n", "brand_id": "b", "surface": "SEARCH", "promoted": False}
    with KafkaProducer(bootstrap_servers=settings.broker_hosts) as producer:
        for at in range(count):
            value = CODEC.encode(NOTE_VIEWS, view | {"occurred_at": 1_750_000_000_000 + at})
            producer.send(NOTE_VIEWS, key=b"u", value=value).get(10)
            time.sleep(0.02)


def test_transactions_leave_gaps_and_their_aborted_records_do_not_count(
    settings: Settings, published: int
) -> None:
    """A topic that ends in a marker is read to its end, and a gap of offsets is no loss."""
    save = {"user_id": "tx", "note_id": "n", "brand_id": "b", "action": "SAVE"}
    producer = KafkaProducer(
        bootstrap_servers=settings.broker_hosts, transactional_id=settings.group
    )
    producer.init_transactions()
    for at, finish in enumerate((producer.commit_transaction, producer.abort_transaction)):
        producer.begin_transaction()
        record = save | {"occurred_at": 1_750_000_000_000 + at}
        producer.send(NOTE_SAVES, key=b"tx", value=CODEC.encode(NOTE_SAVES, record))
        producer.flush()
        finish()
    producer.close()

    sink = MemorySink()
    asyncio.run(worked(settings, sink))
    mine = [row["occurred_at"] for row in sink.rows("touches") if row["user_id"] == "tx"]
    assert mine == [1_750_000_000_000]


def test_poison_is_dead_lettered_with_its_headers(settings: Settings, published: int) -> None:
    with KafkaProducer(bootstrap_servers=settings.broker_hosts) as producer:
        sent = producer.send(NOTE_VIEWS, key=b"k", value=b"junk", partition=1).get(10)
    sink = MemorySink()
    asyncio.run(worked(settings, sink))
    assert (NOTE_VIEWS, 1, sent.offset, b"junk") in {
        (row["topic"], row["partition"], row["offset"], row["payload"])
        for row in sink.rows("dead_letters")
    }


def test_a_commit_does_not_wait_for_a_consumer_that_has_ended(settings: Settings) -> None:
    topics.create(settings, replication=1)

    async def scenario() -> bool:
        app = App(settings, Partitions(settings, CODEC), MemorySink())
        async with app:
            thread = app.consumer._thread
        async with asyncio.timeout(TIMEOUT_S):
            done: bool = await thread.commit({TP(NOTE_VIEWS, 0): 1})
        return done

    assert not asyncio.run(scenario())
