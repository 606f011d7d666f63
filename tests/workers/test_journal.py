"""What a worker tells of itself in its log."""

import asyncio
import logging

import pytest
from serving import AnsweringSink
from workbench import PARTITIONS, Workbench, eventually

from sinks.writer import Counters
from streams.operations.journal import Journal
from streams.operations.observed import Observed

USERS = 10


@pytest.fixture
def told(bench: Workbench, caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """The lines of a worker that processed something, with two summaries."""

    async def scenario() -> None:
        sink = AnsweringSink()
        sink.counters["touches"] = Counters(rows=USERS, retries=2)
        app = bench.worker(sink)
        journal = Journal(bench.settings, Observed(app, sink))
        await journal.start()
        await app.start()
        for user in range(USERS):
            bench.view(user, at=user)
        await eventually(lambda: app.processed == USERS)
        await app.consumer.commit()
        for _ in range(2):
            journal.summarize()
        await app.stop()
        await journal.stop()

    with caplog.at_level(logging.INFO, logger="streams"):
        asyncio.run(scenario())
    ours = ("streams.operations.journal", "streams.activity")
    return [
        record
        for record in caplog.records
        if record.name in ours and not record.pathname.endswith("services.py")
    ]


def test_the_life_of_a_worker(told: list[logging.LogRecord], bench: Workbench) -> None:
    assert [record.message for record in told] == [
        "worker started",
        "partitions assigned",
        "first round",
        "summary",
        "summary",
        "worker stopped",
    ]
    started, assigned, *_, stopped = told
    assert (started.group, started.broker) == (bench.settings.group, bench.settings.broker)
    assert started.partitions == PARTITIONS
    assert assigned.partitions == list(range(PARTITIONS))
    assert (stopped.records, stopped.safe_records) == (USERS, USERS)


def test_a_summary_tells_what_is_new_and_where_the_worker_is(told: list[logging.LogRecord]) -> None:
    first, second = (record for record in told if record.message == "summary")
    assert (first.records, first.rows, first.retries, first.lag) == (USERS, USERS, 2, 0)
    assert (second.records, second.rows, second.retries) == (0, 0, 0)
    assert first.event_time.startswith("2025-06-17T04:00:00.00")
    assert (first.waiting_rows, first.partitions) == (0, PARTITIONS)
