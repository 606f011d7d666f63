"""What a killed check has left is dropped by a later one, and never what belongs to a check at work."""

import time
from collections.abc import Callable, Iterator

import pytest
from clickhouse_driver import Client

from sinks.connection import ClickHouse
from verify import leftovers
from verify.expected import Rules
from verify.leftovers import DEAD_S, Alive
from verify.scratch import scratch


@pytest.fixture
def client(own_database: ClickHouse) -> Iterator[Client]:
    with own_database.client(database="") as client:
        yield client


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def left(client: Client, connection: ClickHouse, begun_s: int, said_s: int | None) -> str:
    """The database of a check that began, and said last that it is at work, so many seconds ago; None for never."""
    [(now,)] = client.execute("SELECT toUnixTimestamp(now())")
    name = f"{connection.database}_verify_{now - begun_s}_0123ab"
    client.execute(f"CREATE DATABASE {name}")
    if said_s is not None:
        client.execute(f"CREATE TABLE {name}.alive (at DateTime) ENGINE = MergeTree ORDER BY at")
        client.execute(f"INSERT INTO {name}.alive SELECT now() - {said_s}")
    return name


@pytest.mark.parametrize(
    ("begun_s", "said_s", "dropped"),
    [
        (DEAD_S + 60, DEAD_S + 30, True),
        (DEAD_S + 60, None, True),
        (10 * DEAD_S, 60, False),
        (5, 5, False),
        (5, None, False),
    ],
)
def test_what_is_dropped(
    client: Client, own_database: ClickHouse, begun_s: int, said_s: int | None, dropped: bool
) -> None:
    name = left(client, own_database, begun_s, said_s)
    other = f"{own_database.database}_verify_mine"
    client.execute(f"CREATE DATABASE {other}")
    try:
        with scratch(own_database, Rules(30, 7), 1, 1):
            pass
        there = {name for (name,) in client.execute("SELECT name FROM system.databases")}
        assert other in there
        assert (name not in there) == dropped
        own = {name for name in there if name.startswith(f"{own_database.database}_verify_")}
        assert own <= {name, other}
    finally:
        for database in (name, other):
            client.execute(f"DROP DATABASE IF EXISTS {database}")


def test_a_check_says_that_it_is_at_work(
    client: Client, own_database: ClickHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "BEAT_S", 0.01)
    with Alive(own_database, own_database.database):
        said = f"SELECT count() FROM {own_database.database}.alive"
        wait_until(lambda: client.execute(said)[0][0] >= 3)
