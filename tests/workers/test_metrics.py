"""A scrape tells what the worker did."""

import asyncio
import time
from dataclasses import replace

import pytest
from serving import AnsweringSink, Samples, Served, total, value
from workbench import NOON, PARTITIONS, Workbench, eventually

from schemas.topics import NOTE_SAVES, NOTE_VIEWS, SOURCE_TOPICS, TAOBAO_PURCHASES
from sinks.connection import ClickHouse
from sinks.writer import Writer
from streams.activity import BOUNDS_S
from streams.recovery import Restored

USERS = 40
RECORDS = 2 * USERS + 1


def publish_all(bench: Workbench) -> None:
    for user in range(USERS):
        bench.view(user, at=user)
        bench.pay(user, at=1000)
    bench.broker.append(NOTE_VIEWS, b"k", b"junk", NOON, partition=2)


@pytest.fixture
def scraped(bench: Workbench, fresh_database: ClickHouse) -> Samples:
    """After a worker has processed and committed everything."""

    async def scenario(writer: Writer) -> Samples:
        writer.ping()
        publish_all(bench)
        app = bench.worker(writer)
        served = Served(app, writer)
        async with served.listening():
            await app.start()
            await eventually(lambda: app.processed == RECORDS)
            await app.consumer.commit()
            await served.sizes.look()
            found = await served.scrape()
            await app.stop()
        return found

    with Writer(fresh_database) as writer:
        return asyncio.run(scenario(writer))


def test_what_was_processed(scraped: Samples) -> None:
    records = {
        topic: value(scraped, "zhongcao_records_total", topic=topic) for topic in SOURCE_TOPICS
    }
    assert records == {
        NOTE_VIEWS: USERS + 1,
        TAOBAO_PURCHASES: USERS,
        NOTE_SAVES: 0,
        "link-clicks": 0,
    }
    assert value(scraped, "zhongcao_safe_records_total") == RECORDS
    bytes_of_views = value(scraped, "zhongcao_record_bytes_total", topic=NOTE_VIEWS)
    assert bytes_of_views > USERS * 20
    assert value(scraped, "zhongcao_record_bytes_total", topic=NOTE_SAVES) == 0


def test_dead_letters_by_topic_and_reason(scraped: Samples) -> None:
    name = "zhongcao_dead_letters_total"
    assert value(scraped, name, topic=NOTE_VIEWS, reason="not_wire_format") == 1
    assert value(scraped, name, topic=NOTE_SAVES, reason="from_the_future") == 0
    assert total(scraped, name) == 1


def test_rounds_are_a_distribution(scraped: Samples) -> None:
    count = value(scraped, "zhongcao_round_seconds_count")
    buckets = [
        value(scraped, "zhongcao_round_seconds_bucket", le=bound)
        for bound in (*map(str, BOUNDS_S), "+Inf")
    ]
    assert buckets == sorted(buckets)
    assert 1 <= count == buckets[-1] <= USERS + 1
    assert value(scraped, "zhongcao_round_seconds_sum") > 0


def test_where_the_worker_is(scraped: Samples) -> None:
    lag = {
        labels: n
        for (name, labels), n in scraped.items()
        if name == "zhongcao_consumer_lag_records"
    }
    assert len(lag) == len(SOURCE_TOPICS) * PARTITIONS
    assert set(lag.values()) == {0}
    newest = value(
        scraped, "zhongcao_newest_record_timestamp_seconds", topic=NOTE_VIEWS, partition="2"
    )
    assert NOON / 1000 <= newest < NOON / 1000 + 1
    assert value(scraped, "zhongcao_event_timestamp_seconds", partition="0") == NOON / 1000 + 1
    ahead = value(scraped, "zhongcao_event_time_ahead_seconds", partition="0")
    assert ahead == pytest.approx(NOON / 1000 + 1 - time.time(), abs=600)
    assert value(scraped, "zhongcao_last_commit_timestamp_seconds") > NOON / 1000


def test_the_state(scraped: Samples) -> None:
    for name in ("assigned", "open"):
        assert value(scraped, f"zhongcao_partitions_{name}") == PARTITIONS
    assert value(scraped, "zhongcao_partitions_restoring") == 0
    for partition in range(PARTITIONS):
        assert value(scraped, "zhongcao_state_bytes", partition=str(partition)) > 0


def test_what_clickhouse_took(scraped: Samples) -> None:
    tables = ("touches", "order_events", "journeys", "conversions", "dead_letters")
    rows = {
        table: value(scraped, "zhongcao_clickhouse_rows_total", table=table) for table in tables
    }
    assert (rows["touches"], rows["order_events"], rows["dead_letters"]) == (USERS, USERS, 1)
    # A payment before its view came writes its conversion twice.
    assert USERS <= rows["conversions"] <= 2 * USERS
    assert rows["journeys"] > 0
    assert value(scraped, "zhongcao_clickhouse_inserts_total", table="touches") >= 1
    assert value(scraped, "zhongcao_clickhouse_insert_seconds_total", table="touches") > 0
    assert total(scraped, "zhongcao_clickhouse_retries_total") == 0
    assert value(scraped, "zhongcao_clickhouse_answer_timestamp_seconds") > NOON / 1000
    assert value(scraped, "zhongcao_outbox_rows") == value(scraped, "zhongcao_outbox_rounds") == 0


def test_the_worker_itself(scraped: Samples, bench: Workbench) -> None:
    assert value(scraped, "zhongcao_healthy") == value(scraped, "zhongcao_ready") == 1
    assert value(scraped, "zhongcao_rebalances_total") == 1
    [info] = [labels for name, labels in scraped if name == "zhongcao_worker_info"]
    assert ("group", bench.settings.group) in info
    assert value(scraped, "process_resident_memory_bytes") > 0


def test_a_worker_that_has_not_started_can_be_scraped(bench: Workbench) -> None:
    async def scenario() -> Samples:
        sink = AnsweringSink()
        served = Served(bench.worker(sink), sink)
        async with served.listening():
            return await served.scrape()

    found = asyncio.run(scenario())
    assert value(found, "zhongcao_ready") == 0
    assert total(found, "zhongcao_records_total") == 0
    assert "zhongcao_consumer_lag_records" not in {name for name, _ in found}


def test_what_waits_for_clickhouse_and_what_was_restored(bench: Workbench) -> None:
    async def scenario() -> Samples:
        sink = AnsweringSink()
        bench.settings = replace(bench.settings, sink_linger_ms=60_000)
        app = bench.worker(sink)
        app.recovery.restored = Restored(entries=1010, seconds=2.0)
        served = Served(app, sink)
        publish_all(bench)
        async with served.listening():
            await app.start()
            await eventually(lambda: app.activity.records == RECORDS)
            await eventually(lambda: app.activity.in_process is None)
            found = await served.scrape()
            await app.stop()
        return found

    found = asyncio.run(scenario())
    assert value(found, "zhongcao_restored_entries_total") == 1010
    assert value(found, "zhongcao_restore_seconds_total") == 2
    assert value(found, "zhongcao_outbox_rows") > 2 * USERS
    assert total(found, "zhongcao_consumer_lag_records") == RECORDS
    assert value(found, "zhongcao_safe_records_total") == 0


def test_partitions_that_went_to_another_worker_are_no_longer_told(bench: Workbench) -> None:
    async def scenario() -> Samples:
        sink = AnsweringSink()
        first, second = bench.worker(sink), bench.worker(sink)
        served = Served(first, sink)
        publish_all(bench)
        async with served.listening():
            await first.start()
            await eventually(lambda: first.processed == RECORDS)
            await second.start()
            await eventually(lambda: len(served.observed.assigned) == 2 * len(SOURCE_TOPICS))
            await served.sizes.look()
            found = await served.scrape()
            await first.stop()
            await second.stop()
        return found

    found = asyncio.run(scenario())
    for name in ("consumer_lag_records", "newest_record_timestamp_seconds"):
        partitions = {dict(labels)["partition"] for n, labels in found if n == f"zhongcao_{name}"}
        assert len(partitions) == PARTITIONS / 2
    assert value(found, "zhongcao_partitions_assigned") == PARTITIONS / 2
