"""A database of its own for one check, dropped at its end."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from clickhouse_driver import Client
from clickhouse_driver.errors import Error

from schemas.errors import SinkRejected, SinkUnavailable
from sinks.connection import ClickHouse
from sinks.quoting import quoted
from sinks.retry import CONNECTION_ERRORS, in_short, is_retryable
from verify import expected
from verify.expected import Rules
from verify.tables import TABLES

#: Of one statement. Groups and sorts go to disk at half of it.
MEMORY_BYTES = 4 << 30

_LIMITS = {
    "max_memory_usage": MEMORY_BYTES,
    "max_bytes_before_external_group_by": MEMORY_BYTES // 2,
    "max_bytes_before_external_sort": MEMORY_BYTES // 2,
}


class Scratch:
    """The database, and the statements of a check.

    live: the database with the tables that are checked.
    slices: into how many parts users are divided, so that each part fits into memory.
    sample: one in so many users is looked at.
    """

    def __init__(self, client: Client, live: str, rules: Rules, slices: int, sample: int) -> None:
        self.client = client
        self.slices = slices
        self._live = quoted(live)
        self._rules = rules
        self._sample = sample
        self._create()

    def _create(self) -> None:
        slice_of = f"intDiv(CRC32(user_id), {self._sample}) % {self.slices}"
        self.client.execute(expected.text("records").format(slice=slice_of))
        self.client.execute(
            "CREATE TABLE skipped (user_id String, why LowCardinality(String)) ENGINE = MergeTree ORDER BY user_id"
        )
        for name, column in (
            ("newest_elsewhere", "newest Int64"),
            ("spans", "start Int64, end Int64"),
        ):
            self.client.execute(
                f"CREATE TABLE {name} (topic String, `partition` Int32, {column}) ENGINE = Memory"
            )
        self.client.execute(f"CREATE VIEW messages AS {self._messages()}")
        self.client.execute(
            f"CREATE VIEW expected_judged AS {expected.statement('judged', self._rules)}"
        )

    def copy_live(self, days: Mapping[str, str]) -> None:
        """Take a copy of the live rows. days: table → condition on its days, "1" for all."""
        for table in TABLES:
            if table == "dead_letters":
                # Former versions had what was too late there as well.
                what, sampled = "* EXCEPT (detail)", "reason != 'too_late'"
            else:
                what = f"*, intDiv(CRC32(user_id), {self._sample}) % {self.slices} AS slice"
                sampled = f"CRC32(user_id) % {self._sample} = 0"
            self.client.execute(
                f"CREATE TABLE copied_{table} ENGINE = MergeTree ORDER BY tuple() AS SELECT {what} "
                f"FROM {self._live}.current_{table} WHERE {sampled} AND {days[table]}"
            )
            slice_column = "" if table == "dead_letters" else " EXCEPT (slice)"
            self.client.execute(
                f"CREATE VIEW live_{table} AS SELECT *{slice_column} FROM copied_{table}"
            )
        self.client.execute(f"CREATE VIEW copied_facts AS {expected.text('facts')}")
        expected.create(self.client, "MergeTree ORDER BY tuple()")

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows to one of our tables."""
        if rows:
            names = ", ".join(f"`{name}`" for name in rows[0])
            columns = [[row[name] for row in rows] for name in rows[0]]
            self.client.execute(f"INSERT INTO {table} ({names}) VALUES", columns, columnar=True)

    def skip(self, step: str) -> None:
        """Leave the users out that a statement names. step: the name of its file."""
        self.client.execute(
            f"INSERT INTO skipped SELECT user_id, '{step}' FROM ({expected.statement(step, self._rules)}) "
            "WHERE user_id NOT IN (SELECT user_id FROM skipped)"
        )

    def take_slice(self, number: int, tables: Iterable[str]) -> None:
        """Compute the expected rows of one slice of the users, and show the live ones of the same."""
        here = f"slice = {number} AND user_id NOT IN (SELECT user_id FROM skipped)"
        self.client.execute(f"CREATE OR REPLACE VIEW messages AS {self._messages(here)}")
        for table in tables:
            self.client.execute(f"TRUNCATE TABLE expected_{table}")
            self.client.execute(
                f"CREATE OR REPLACE VIEW live_{table} AS SELECT * EXCEPT (slice) FROM copied_{table} WHERE {here}"
            )
        self.client.execute("DROP TABLE IF EXISTS expected_deliveries SYNC")
        self.client.execute(
            "CREATE TABLE expected_deliveries ENGINE = MergeTree ORDER BY tuple() AS "
            + expected.statement("deliveries", self._rules)
        )
        expected.fill(self.client, (*tables, "dead_letters"), self._rules)

    def show_dead_letters(self) -> None:
        """Show the live dead letters of what was read, of users that are not left out."""
        place = "(topic, `partition`, `offset`)"
        names = "topic, `partition`, `offset`"
        conditions = [
            f"{place} NOT IN (SELECT {names} FROM records WHERE user_id IN (SELECT user_id FROM skipped))",
            f"{place} IN (SELECT {names} FROM copied_dead_letters AS c JOIN spans USING (topic, `partition`)"
            " WHERE `offset` >= start AND `offset` < end)",
        ]
        if self._sample > 1:
            conditions.append(
                f"{place} IN (SELECT {names} FROM records WHERE {place} IN (SELECT {names} FROM copied_dead_letters))"
            )
        self.client.execute(
            "CREATE OR REPLACE VIEW live_dead_letters AS "
            f"SELECT * FROM copied_dead_letters WHERE {' AND '.join(conditions)}"
        )

    def _messages(self, where: str = "1") -> str:
        return f"SELECT * FROM records WHERE {where}"


@contextmanager
def scratch(clickhouse: ClickHouse, rules: Rules, slices: int, sample: int) -> Iterator[Scratch]:
    """Make the database, and drop it at the end.

    Raises: SinkUnavailable, SinkRejected.
    """
    name = f"{clickhouse.database}_verify_{uuid4().hex[:8]}"
    try:
        with clickhouse.client(database="") as outside:
            outside.execute(f"CREATE DATABASE {quoted(name)}")
            try:
                with clickhouse.client(database=name) as client:
                    client.settings |= _LIMITS
                    yield Scratch(client, clickhouse.database, rules, slices, sample)
            finally:
                outside.execute(f"DROP DATABASE {quoted(name)}")
    except (Error, *CONNECTION_ERRORS) as error:
        kind = SinkUnavailable if is_retryable(error) else SinkRejected
        raise kind(
            f"ClickHouse at {clickhouse.address} could not do the check in its database {name}: "
            f"{in_short(error)}. Check that the user may create databases and read the tables, and that there "
            "is room for a copy of them."
        ) from error
