"""A database of its own for one check, dropped at its end."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from clickhouse_driver import Client
from clickhouse_driver.errors import Error

from schemas.errors import SinkRejected, SinkUnavailable
from sinks.connection import ClickHouse
from sinks.quoting import quoted
from sinks.retry import CONNECTION_ERRORS, in_short, is_retryable
from verify import expected
from verify.expected import Rules
from verify.leftovers import Alive, drop_leftovers, new_name
from verify.tables import TABLES

#: Of one statement. Groups and sorts go to disk at half of it.
MEMORY_BYTES = 4 << 30

_LIMITS = {
    "max_memory_usage": MEMORY_BYTES,
    "max_bytes_before_external_group_by": MEMORY_BYTES // 2,
    "max_bytes_before_external_sort": MEMORY_BYTES // 2,
    # Whatever the profile of the user says.
    "join_use_nulls": 0,
}
_ENGINE = "MergeTree ORDER BY tuple()"
#: Codes of ClickHouse for a database, or a view in it, that is not there.
NOT_THERE = frozenset({60, 81})


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
        self.client.execute("CREATE TABLE unread AS records")
        self.client.execute(
            "CREATE TABLE skipped (user_id String, why LowCardinality(String)) ENGINE = MergeTree ORDER BY user_id"
        )
        for name, column in (
            ("newest_elsewhere", "newest Int64"),
            ("spans", "start Int64, end Int64, published Int64"),
        ):
            self.client.execute(
                f"CREATE TABLE {name} (topic String, `partition` Int32, {column}) ENGINE = Memory"
            )
        self.client.execute("CREATE TABLE forgotten (hash String, removed Bool) ENGINE = Memory")
        self.client.execute(f"CREATE VIEW messages AS {self._messages()}")
        for view, messages in (("expected_judged", "messages"), ("unread_judged", "unread")):
            judged = expected.statement("judged", self._rules, messages)
            self.client.execute(f"CREATE VIEW {view} AS {judged}")

    def copy_live(self, days: Mapping[str, str]) -> None:
        """Take a copy of the live rows. days: table → condition on its days, "1" for all."""
        # Before the rows, which have what a rebuild that has ended has written.
        for name, of in (("rebuilds", "rebuilds"), ("gaps", "progress")):
            rows = expected.text(name).format(table=f"{self._live}.{of}")
            self.client.execute(f"CREATE TABLE copied_{name} ENGINE = Memory AS {rows}")
        for table in TABLES:
            if table == "dead_letters":
                what = "* EXCEPT (detail)"
            else:
                what = f"*, intDiv(CRC32(user_id), {self._sample}) % {self.slices} AS slice"
            self.client.execute(
                f"CREATE TABLE copied_{table} ENGINE = MergeTree ORDER BY tuple() AS SELECT {what} "
                f"FROM {self._sampled(table)} AND {days[table]}"
            )
            slice_column = "" if table == "dead_letters" else " EXCEPT (slice)"
            self.client.execute(
                f"CREATE VIEW live_{table} AS SELECT *{slice_column} FROM copied_{table}"
            )
        expected.create(self.client, _ENGINE)

    def not_copied(self, table: str, where: str) -> tuple[int, date]:
        """How many live rows a condition leaves out, and the first day of them."""
        return self._count(self._sampled(table), table, where)

    def not_expected(self, table: str, where: str) -> tuple[int, date]:
        """The same of the rows of this slice that must be there."""
        return self._count(f"expected_{table} WHERE 1", table, where)

    def of_skipped(self, table: str, where: str) -> int:
        """How many live rows are those of users who are left out."""
        skipped = f"copied_{table} WHERE user_id IN (SELECT user_id FROM skipped)"
        return self._count(skipped, table, where)[0]

    def of_forgotten(self, table: str, where: str) -> dict[bool, int]:
        """How many live rows are those of forgotten users: of whom all was removed, and of whom it was not."""
        user = "ifNull(key, '')" if table == "dead_letters" else "user_id"
        rows = f"SELECT lower(hex(SHA256({user}))) AS hash FROM copied_{table} WHERE {where}"
        return dict(
            self.client.execute(
                f"SELECT removed, count() FROM ({rows}) AS c JOIN forgotten AS f USING hash GROUP BY removed"
            )
        )

    def _count(self, rows: str, table: str, where: str) -> tuple[int, date]:
        [found] = self.client.execute(
            f"SELECT count(), toDate(min({TABLES[table].day})) FROM {rows} AND {where}"
        )
        return int(found[0]), found[1]

    def _sampled(self, table: str) -> str:
        # Whose a dead letter is, its message tells.
        sampled = "1" if table == "dead_letters" else f"CRC32(user_id) % {self._sample} = 0"
        return f"{self._live}.{TABLES[table].source} WHERE {sampled}"

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
        for table in expected.ROWS:
            self.client.execute(
                f"CREATE OR REPLACE VIEW live_{table} AS SELECT * EXCEPT (slice) FROM copied_{table} WHERE {here}"
            )
        deliveries = expected.statement("deliveries", self._rules)
        expected.replace(self.client, "expected_deliveries", _ENGINE, deliveries)
        expected.fill(self.client, tables, _ENGINE, self._rules)
        letters = expected.statement("dead_letters", self._rules)
        expected.insert(self.client, "expected_dead_letters", letters)

    def show_dead_letters(self, where: str) -> dict[str, int]:
        """Show the live dead letters that can be compared; why others are left out → how many.

        where: condition on the days that are asked for.
        """
        statement = expected.text("placed_letters").format(
            sample=self._sample, epoch=self._rules.epoch, days=where
        )
        self.client.execute(f"CREATE TABLE placed_letters ENGINE = {_ENGINE} AS {statement}")
        self.client.execute(
            "CREATE OR REPLACE VIEW live_dead_letters AS SELECT * EXCEPT (why) FROM placed_letters WHERE why = ''"
        )
        return dict(
            self.client.execute(
                "SELECT why, count() FROM placed_letters WHERE why NOT IN ('', 'sampled') GROUP BY why"
            )
        )

    def _messages(self, where: str = "1") -> str:
        return f"SELECT * FROM records WHERE {where}"


@contextmanager
def scratch(clickhouse: ClickHouse, rules: Rules, slices: int, sample: int) -> Iterator[Scratch]:
    """Make the database, and drop it at the end; drop those of checks that had no end, before.

    Raises: SinkUnavailable, SinkRejected.
    """
    name = f"{clickhouse.database}_verify_…"
    try:
        with clickhouse.client(database="") as outside:
            drop_leftovers(outside, clickhouse.database)
            name = new_name(outside, clickhouse.database)
            outside.execute(f"CREATE DATABASE {quoted(name)}")
            try:
                with Alive(clickhouse, name), clickhouse.client(database=name) as client:
                    client.settings |= _LIMITS
                    yield Scratch(client, clickhouse.database, rules, slices, sample)
            finally:
                outside.execute(f"DROP DATABASE {quoted(name)}")
    except (Error, *CONNECTION_ERRORS) as error:
        if getattr(error, "code", None) in NOT_THERE:
            raise SinkRejected(
                f"The database {clickhouse.database} of ClickHouse at {clickhouse.address} does not have the tables of "
                f"zhongcao ({in_short(error)}): check clickhouse_database, or run `zhongcao migrate`."
            ) from error
        kind = SinkUnavailable if is_retryable(error) else SinkRejected
        raise kind(
            f"ClickHouse at {clickhouse.address} could not do the check in its database {name}: "
            f"{in_short(error)}. Check that the user may create databases and read the tables, and that there "
            "is room for a copy of them."
        ) from error
