"""States made of the facts in ClickHouse hold what workers have put into theirs."""

import asyncio
from collections.abc import Collection
from pathlib import Path

import pytest
from disk import Disk, logs
from former.stores import entries
from kafka import TopicPartition
from oracle.list_log import ListLog
from oracle.records import DAY, HOUR, at, click, pay, refund, save, unsave, view

from rebuild.seed import Places, Seeded, States, seed_into
from schemas.errors import BrokerError
from schemas.topics import SOURCE_TOPICS, SourceEvent
from sinks.connection import ClickHouse
from sinks.writer import Writer
from streams.changelog import Changelog
from streams.changelog.records import Sealed, from_bytes
from streams.erasure.requests import hash_of
from streams.event_time import NEVER
from streams.partitioning import partition_of
from streams.settings import Settings
from streams.state import keys
from verify.reading import Span

PAID = at("2024-06-18 20:00")
EVENTS = [
    view(PAID - 5 * HOUR, dwell_ms=7),
    view(PAID - 4 * HOUR, "n2", surface="SEARCH", promoted=True, user_id="用户"),
    save(PAID - 3 * HOUR),
    unsave(PAID - 2 * HOUR),
    click(PAID - HOUR, "n2", user_id="用户"),
    pay(PAID, quantity=2),
    pay(PAID, "s2", user_id="用户", click_id="c-named"),
    refund(PAID + HOUR),
    view(PAID - 20 * DAY, "n3"),  # late
]
NEWEST = dict.fromkeys(SOURCE_TOPICS, PAID)
PLACES = Places({}, {}, NEWEST, {})


def worked(folder: Path, writer: Writer, *events: SourceEvent) -> dict[bytes, bytes]:
    """A worker reads events and writes their facts; what its state holds of them."""
    for processed in asyncio.run(Disk(folder / "lost", ListLog()).work(logs(*events), {})):
        for block in processed.blocks:
            writer.insert(block)
    return of_users(folder / "lost")


def of_users(folder: Path) -> dict[bytes, bytes]:
    held = entries(folder / "state/0000")
    return {key: value for key, value in held.items() if key[:1].decode() in keys.OF_USERS}


def seeded(
    log: ListLog,
    clickhouse: ClickHouse,
    partitions: int = 1,
    forgotten: Collection[str] = (),
    places: Places = PLACES,
) -> Seeded:
    settings = Settings(partitions=partitions)
    states = States(settings, clickhouse, places)
    changelog = Changelog(log, 0, partitions)
    return asyncio.run(seed_into(changelog, states, lambda: forgotten, lambda *_: None))


@pytest.mark.parametrize("at_once", [1, 5_000])
def test_they_hold_the_same(
    fresh_database: ClickHouse,
    writer: Writer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    at_once: int,
) -> None:
    monkeypatch.setattr("rebuild.seed.AT_ONCE", at_once)
    lost = worked(tmp_path, writer, *EVENTS)
    done = seeded(log := ListLog(), fresh_database)
    assert (done.events, done.held_since) == (len(EVENTS), NEVER)
    worker = Disk(tmp_path / "new", log)
    asyncio.run(worker.take_over())
    state = worker.partitions.state(0)
    assert (state.held_since, state.event_time.now, state.bounds) == (NEVER, PAID, None)
    worker.partitions.close()
    assert of_users(tmp_path / "new") == lost


def test_what_lies_further_back_is_not_in_it(
    fresh_database: ClickHouse, writer: Writer, tmp_path: Path
) -> None:
    worked(tmp_path, writer, view(PAID - 80 * DAY), *EVENTS)
    done = seeded(ListLog(), fresh_database)
    since = keys.bucket_start_ms(keys.bucket_of(PAID - Settings().retention_ms))
    assert (done.events, done.held_since) == (len(EVENTS), since)


def test_each_user_is_where_the_messages_are(
    fresh_database: ClickHouse, writer: Writer, tmp_path: Path
) -> None:
    worked(tmp_path, writer, *(view(PAID, user_id=f"u{number}") for number in range(20)))
    seeded(log := ListLog(), fresh_database, partitions=3)
    found = {
        (user, partition)
        for partition, records in log.records.items()
        for record in map(from_bytes, records)
        if isinstance(record, Sealed)
        for user in keys.users_of(record.change().entries["key"])
    }
    users = [f"u{number}" for number in range(20)]
    assert found == {(user, partition_of(user.encode(), 3)) for user in users}


def test_who_is_forgotten_meanwhile_stays_out(
    fresh_database: ClickHouse, writer: Writer, tmp_path: Path
) -> None:
    worked(tmp_path, writer, *EVENTS)
    done = seeded(ListLog(), fresh_database, forgotten={hash_of("用户".encode())})
    assert done.events == len(EVENTS) - 3


def test_a_worker_that_starts_meanwhile_ends_it(
    fresh_database: ClickHouse, writer: Writer, tmp_path: Path
) -> None:
    class Busy(ListLog):
        async def append(self, partition: int, record: bytes) -> int:
            if len(self.records[partition]) == 2:
                await Changelog(Busy.claims, 0).claim(0)
                self.records[partition] += Busy.claims.records.pop(0)
            return await super().append(partition, record)

        claims = ListLog()

    worked(tmp_path, writer, *EVENTS)
    with pytest.raises(BrokerError, match="A worker has taken a partition over meanwhile"):
        seeded(Busy(), fresh_database)


def test_nothing_was_there(fresh_database: ClickHouse, tmp_path: Path) -> None:
    done = seeded(log := ListLog(), fresh_database, places=Places({}, {}, {}, {}))
    assert (done.events, done.held_since) == (0, NEVER)
    asyncio.run((worker := Disk(tmp_path, log)).take_over())
    worker.partitions.close()


def test_event_time_is_that_of_what_is_unread() -> None:
    """A partition that lags does not find its events called late; one with nothing unread has the clock of all."""
    views, saves = SOURCE_TOPICS[0], SOURCE_TOPICS[1]
    newest = {views: 900, saves: 700}
    spans = {TopicPartition(views, 0): Span(0, 10), TopicPartition(views, 1): Span(0, 20)}
    behind = {TopicPartition(views, 0): Span(10, 15), TopicPartition(views, 1): Span(20, 20)}
    places = Places(spans, behind, newest, {(views, 0): 300, (views, 1): 900})
    assert (places.event_time(0).now, places.event_time(0).newest[views]) == (300, 300)
    assert (places.event_time(1).now, places.event_time(1).newest) == (900, newest)
    assert (places.read_to(0), places.read_to(2)) == ({views: 10}, {})
    assert places.earliest == 900
    assert (places.of_another_number(2), places.of_another_number(4)) == (False, True)
