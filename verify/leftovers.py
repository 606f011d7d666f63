"""Databases of checks: a check at work says so all the time, and what a killed one has left is dropped."""

import logging
import re
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType
from typing import Self
from uuid import uuid4

from clickhouse_driver import Client
from clickhouse_driver.errors import Error

from sinks.connection import ClickHouse
from sinks.quoting import quoted
from sinks.retry import CONNECTION_ERRORS, in_short

log = logging.getLogger(__name__)

BEAT_S = 60
#: A check that has said nothing for so long is not at work any more.
DEAD_S = 3_600


def new_name(client: Client, database: str) -> str:
    """A name that tells when the check began, by the server's clock."""
    [(now,)] = client.execute("SELECT toUnixTimestamp(now())")
    return f"{database}_verify_{now}_{uuid4().hex[:6]}"


def drop_leftovers(client: Client, database: str) -> None:
    """Drop the databases of checks of these tables that are not at work any more."""
    begun = re.compile(re.escape(database) + r"_verify_(\d{10})_[0-9a-f]{6}")
    databases = client.execute("SELECT name, toUnixTimestamp(now()) FROM system.databases")
    for name, now in databases:
        found = begun.fullmatch(name)
        if found and now - int(found[1]) > DEAD_S:
            _drop_if_dead(client, name, now)


def _drop_if_dead(client: Client, name: str, now: int) -> None:
    try:
        [(table,)] = client.execute(f"EXISTS TABLE {quoted(name)}.alive")
        heard = f"SELECT toUnixTimestamp(max(at)) FROM {quoted(name)}.alive"
        if not table or now - client.execute(heard)[0][0] > DEAD_S:
            client.execute(f"DROP DATABASE IF EXISTS {quoted(name)}")
    except Error as error:
        # Another check may be about it, too.
        log.warning(
            "The database %s, which a check that was killed has left, could not be dropped: %s.",
            name,
            in_short(error),
        )


class Alive:
    """Says in the database of a check that it is at work, while inside."""

    def __init__(self, clickhouse: ClickHouse, name: str) -> None:
        self._clickhouse = clickhouse
        self._name = name
        self._ended = Event()
        self._thread = Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._execute("CREATE TABLE alive (at DateTime) ENGINE = MergeTree ORDER BY at")
        self._say()
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            # Where ClickHouse is away, the check itself says so.
            with suppress(Error, *CONNECTION_ERRORS):
                self._say()

    def _say(self) -> None:
        self._execute("INSERT INTO alive SELECT now()")

    def _execute(self, statement: str) -> None:
        with self._clickhouse.client(database=self._name) as client:
            client.execute(statement)
