"""Two workers, then four, then one, while events are published: `verify` finds the tables equal, row for row."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.commands import EXECUTABLE, Zhongcao, environment
from clickhouse_driver import Client
from group_of_workers import Workers
from local_kafka import LocalKafka, what_is_missing

from sinks.connection import ClickHouse
from streams.kafka import topics
from streams.settings import Settings
from verify.check import Scope, check
from verify.expected import ROWS

EVENTS = 500_000
LOOKBACK_DAYS = 7
#: More than the generator's late events are late: every one of them must be joined.
LATENESS_DAYS = 20
TIMEOUT_S = 600
ALL_PARTITIONS = "partitions assigned partitions=[0, 1, 2, 3, 4, 5, 6, 7]"


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Topics of eight partitions on a broker of their own."""
    if missing := what_is_missing():
        pytest.skip(f"Apache Kafka needs {missing}, which is not on this machine")
    with LocalKafka() as broker:
        settings = Settings(
            broker=f"kafka://{broker.address}",
            partitions=8,
            lookback_days=LOOKBACK_DAYS,
            allowed_lateness_days=LATENESS_DAYS,
        )
        topics.create(settings, replication=1)
        yield settings


@pytest.fixture
def client(fresh_database: ClickHouse) -> Iterator[Client]:
    with fresh_database.client() as client:
        yield client


@pytest.mark.timeout(1800)
def test_the_tables_are_right(
    settings: Settings, fresh_database: ClickHouse, client: Client, tmp_path: Path
) -> None:
    first, rest = traffic(tmp_path, EVENTS)

    with Workers(settings, fresh_database, tmp_path) as workers:
        workers.start("one", "two")
        with publishing(first, settings) as published:
            workers.until(lambda: touches(client) > EVENTS // 5, TIMEOUT_S)
            workers.start("three", "four")
            workers.until(lambda: "worker started" in workers.log("three"), TIMEOUT_S)
            workers.until(lambda: touches(client) > EVENTS // 2, TIMEOUT_S)
            workers.stop("one", "two", "three")
            assert published.wait(TIMEOUT_S) == 0
        workers.until(lambda: workers.lag() == 0, TIMEOUT_S)
        expect_equal(settings, fresh_database)

        workers.stop("four")
        shutil.rmtree(workers.data_dir("four"))
        with publishing(rest, settings) as published:
            assert published.wait(TIMEOUT_S) == 0
        workers.start("four")
        workers.until(lambda: workers.lag() == 0, TIMEOUT_S)
        expect_equal(settings, fresh_database)
        assert "restored" in workers.log("four")
        workers.stop("four")


def test_a_worker_that_was_paused_for_longer_than_its_session(
    settings: Settings, fresh_database: ClickHouse, client: Client, tmp_path: Path
) -> None:
    """It wakes up in the middle of a batch of partitions that are another's by then."""
    events = EVENTS // 5
    first, rest = traffic(tmp_path, events)
    with Workers(settings, fresh_database, tmp_path) as workers:
        workers.start("one", "two")
        with publishing(first, settings) as published:
            workers.until(lambda: touches(client) > events // 5, TIMEOUT_S)
            workers.pause("one")
            assert published.wait(TIMEOUT_S) == 0
        workers.until(lambda: ALL_PARTITIONS in workers.log("two"), TIMEOUT_S)
        workers.until(lambda: workers.lag() == 0, TIMEOUT_S)
        workers.resume("one")
        with publishing(rest, settings) as published:
            assert published.wait(TIMEOUT_S) == 0
        workers.until(lambda: workers.lag() == 0, TIMEOUT_S)
        expect_equal(settings, fresh_database)
        workers.stop("one", "two")


def touches(client: Client) -> int:
    [(count,)] = client.execute("SELECT count() FROM touches")
    return int(count)


def traffic(folder: Path, events: int) -> tuple[Path, Path]:
    """Files with the first four fifths of the events and the rest."""
    Zhongcao(folder).ok(
        *("generate", "--events", str(events), "--output", "events.jsonl"),
        *("--duplicate-share", "0.05", "--late-share", "0.1"),
    )
    lines = (folder / "events.jsonl").read_text().splitlines(keepends=True)
    cut = len(lines) * 4 // 5
    (folder / "first.jsonl").write_text("".join(lines[:cut]))
    (folder / "rest.jsonl").write_text("".join(lines[cut:]))
    return folder / "first.jsonl", folder / "rest.jsonl"


def publishing(events: Path, settings: Settings) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [EXECUTABLE, "replay", events, "--format", "jsonl"],
        env=environment({"ZHONGCAO_BROKER": settings.broker, "ZHONGCAO_PARTITIONS": "8"}),
        stderr=subprocess.DEVNULL,
    )


def expect_equal(settings: Settings, clickhouse: ClickHouse) -> None:
    report = check(settings, clickhouse, Scope())
    assert report.equal, report.plain()
    assert not report.skipped
    assert all(report.tables[name].expected > 100 for name in ROWS)
