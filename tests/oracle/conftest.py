"""The tables of the sinks and those of the oracle in one database, emptied for each example."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest
from clickhouse_driver import Client

from oracle import database
from rebuild import Scope, rebuild
from sinks.connection import ClickHouse
from sinks.migrate import migrate
from sinks.writer import Writer
from streams.settings import Settings
from verify.expected import Rules


class Arena:
    """Where workers write and the oracle looks.

    folder: a new one for each example.
    loop: for what is asynchronous.
    """

    def __init__(self, place: ClickHouse, client: Client, writer: Writer) -> None:
        self.client = client
        self._place = place
        self.writer = writer
        self.loop = asyncio.new_event_loop()
        self._folder = TemporaryDirectory()

    @property
    def folder(self) -> Path:
        return Path(self._folder.name)

    def clear(self) -> None:
        """Begin a new example: empty tables, an empty folder."""
        database.clear(self.client)
        self._folder.cleanup()
        self._folder = TemporaryDirectory()

    def verify(self, journal: Sequence[Mapping[str, Any]], rules: Rules) -> int:
        """The tables hold what they must hold after these messages were read in this order.

        Returns: how many rows lack events that were too late for the state; all others are those of all events.
        """
        self.client.execute("TRUNCATE TABLE messages")
        database.load(self.client, journal)
        wrong = database.differences(self.client, rules)
        assert not wrong, "\n".join(wrong)
        return database.between(self.client)

    def merge(self) -> None:
        """Have ClickHouse merge what is there, of any table."""
        for table in ("touches", "order_events", "journeys", "conversions", "dead_letters"):
            self.client.execute(f"OPTIMIZE TABLE {table} FINAL")

    def rebuild(self, settings: Settings, scope: Scope) -> None:
        """Join the facts that were written until now anew."""
        rebuild(replace(settings, broker="memory://"), self._place, scope)

    def rebuild_meanwhile(self, settings: Settings, scope: Scope) -> None:
        """The same while more is written: what that covers is not told, as published_at is not when a test wrote it."""
        self.rebuild(settings, scope)
        self.client.execute("TRUNCATE TABLE rebuilds")

    def close(self) -> None:
        self.loop.close()
        self._folder.cleanup()


@pytest.fixture(scope="session")
def tables(clickhouse: ClickHouse) -> Iterator[Arena]:
    """One database for all examples: creating tables takes longer than most of them."""
    place = replace(clickhouse, database=f"oracle_{uuid4().hex}")
    migrate(place)
    with place.client() as client, Writer(place) as writer:
        database.create(client)
        arena = Arena(place, client, writer)
        yield arena
        arena.close()
        client.execute(f"DROP DATABASE {place.database}")


@pytest.fixture
def arena(tables: Arena) -> Arena:
    tables.clear()
    return tables
