"""Where a partition of Kafka ends for those who read it: only what came with a fetch counts as read."""

import asyncio
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from faust.types import TP

from schemas.columns import binary
from schemas.topics import NOTE_VIEWS
from streams.event_time import UNKNOWN, LogRange
from streams.transport.kafka import Consumer, ConsumerThread, Fetched
from streams.transport.record_batches import Records

VIEWS = TP(NOTE_VIEWS, 0)


class Thread:
    """The thread of a consumer: where aiokafka stands, and what its next fetch brings."""

    def __init__(self, position: int | None, end: int | None) -> None:
        self.position, self.end = position, end
        self.began: dict[TP, int] = {}
        self.found: Fetched | None = None

    def position_and_end(self, tp: TP) -> tuple[int | None, int | None]:
        return self.position, self.end

    async def getmany(self, tps: set[TP], timeout_s: float) -> dict[TP, Fetched]:
        return {VIEWS: self.found} if self.found else {}

    async def read_on_from(self, tp: TP, offset: int) -> None:
        self.position = offset


def consumer(thread: Thread, follows: int) -> Consumer:
    """One to which a fetch comes that begins at an offset."""
    found = object.__new__(Consumer)
    found._thread, found._next, found.committed = thread, {VIEWS: follows}, {VIEWS: 4}
    found._delivered, found._passed, found._expired_before = {}, {}, Counter()
    found.app = SimpleNamespace(batch_records=100)
    return found


def records(first: int, behind: int) -> Records:
    offsets = np.arange(first, behind)
    values = binary([b"v"] * len(offsets))
    return Records(offsets, offsets, values, values)


def after(*fetches: Fetched, follows: int = 4) -> LogRange:
    """What is known when aiokafka has read up to offset 10, the end, and these fetches have come."""
    thread = Thread(position=10, end=10)
    reader = consumer(thread, follows)
    for thread.found in fetches:
        found = asyncio.run(reader.fetch({VIEWS}, 0))
        if found[VIEWS].batches:
            reader._next[VIEWS] = found[VIEWS].batches[-1].next_offset
    return reader.log_range(VIEWS)


def test_what_is_on_the_way_is_unread() -> None:
    assert after() == LogRange(0, 10, 4)
    assert after(Fetched(4, 7, records(4, 7))) == LogRange(0, 10, 4)


def test_behind_the_last_record_nothing_is_unread() -> None:
    assert after(Fetched(4, 10, records(4, 10))) == LogRange(0, 10, 4)


def test_markers_that_were_passed_are_read() -> None:
    of_records, of_markers = Fetched(4, 7, records(4, 7)), Fetched(7, 10, None)
    assert after(of_records, of_markers) == LogRange(0, 7, 4, markers=3)
    assert after(Fetched(4, 10, None)) == LogRange(0, 4, 4, markers=6)


def test_what_was_lost_is_unread() -> None:
    assert after(Fetched(7, 10, None)) == LogRange(0, 10, 4)


def test_after_a_seek_the_next_fetch_tells() -> None:
    thread = Thread(position=10, end=10)
    reader = consumer(thread, follows=7)
    thread.found = Fetched(7, 10, None)
    asyncio.run(reader.fetch({VIEWS}, 0))
    assert reader.log_range(VIEWS).markers == 6
    asyncio.run(reader.read_on_from(VIEWS, 7))
    assert reader.log_range(VIEWS) == LogRange(0, 10, 4)


def test_where_nothing_is_committed_it_starts_where_reading_does() -> None:
    thread = Thread(position=10, end=10)
    reader = consumer(thread, follows=7)
    thread.began, reader.committed = {VIEWS: 7}, {}
    assert reader.log_range(VIEWS) == LogRange(7, 10, 7)


@pytest.mark.parametrize(("told", "end"), [(None, None), (12, 12), (10, 10), (7, 10)])
def test_an_end_that_a_new_leader_tells_too_early(told: int | None, end: int | None) -> None:
    partition = SimpleNamespace(has_valid_position=True, position=10, highwater=told)
    assignment = SimpleNamespace(state_value=lambda tp: partition)
    subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=assignment))
    thread = object.__new__(ConsumerThread)
    thread._consumer = SimpleNamespace(_subscription=subscription)
    assert thread.position_and_end(VIEWS) == (10, end)


@pytest.mark.parametrize(("position", "end"), [(None, None), (4, None)])
def test_an_end_that_is_not_known(position: int | None, end: int | None) -> None:
    assert consumer(Thread(position, end), 4).log_range(VIEWS) == LogRange(0, UNKNOWN, 4)
