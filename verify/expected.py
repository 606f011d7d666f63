"""The expected rows, computed in ClickHouse in one statement a table: files of `verify/sql`."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Self

from clickhouse_driver import Client

from streams.settings import Settings
from verify.tables import LATE_ROWS, TABLES

#: What follows from the events.
ROWS = ("touches", "order_events", "journeys", "conversions")


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that the expected rows depend on.

    now_ms: when it is checked; what lies ahead of that may have been refused for it.
    epoch: of the topics that are read.
    """

    lookback_days: int
    allowed_lateness_days: int
    now_ms: int = 0
    crowded_sub_orders: int = 5_000
    crowded_touches: int = 100_000
    epoch: int = 0

    @classmethod
    def of(cls, settings: Settings, now_ms: int = 0) -> Self:
        """Those of a worker with these settings."""
        return cls(
            settings.lookback_days,
            settings.allowed_lateness_days,
            now_ms,
            settings.crowded_sub_orders,
            settings.crowded_touches,
            settings.epoch,
        )


def text(name: str) -> str:
    """A file of `verify/sql`."""
    return (files("verify") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def statement(
    step: str, rules: Rules, messages: str = "messages", events: str = "expected_events"
) -> str:
    """The SELECT of a step, by the name of its file. messages, events: where they are, if it reads them."""
    return text(step).format(**asdict(rules), messages=messages, events=events)


def create(client: Client, engine: str) -> None:
    """Tables for the expected rows, with the types of the live ones.

    least_…: the same without late events that may be missing. between_…: keys of rows that lie between these two.
    """
    for table in TABLES:
        _create(client, f"expected_{table}", engine, f"* FROM live_{table}")
    for table in LATE_ROWS:
        _create(client, f"least_{table}", engine, f"* FROM live_{table}")
        _create(client, f"between_{table}", engine, f"{key_of(table)} FROM live_{table}")
    client.execute(f"CREATE VIEW live_facts AS {text('facts')}")


def key_of(table: str) -> str:
    """The columns of which a table has one row, as SQL."""
    return ", ".join(f"`{name}`" for name in TABLES[table].key)


def fill(client: Client, tables: Iterable[str], engine: str, rules: Rules) -> None:
    """Compute the rows of one part of the users from `expected_deliveries`, in place of those of another part."""
    wanted = [table for table in ROWS if table in tables]
    client.execute("DROP VIEW IF EXISTS held_events")
    replace(client, "expected_events", engine, statement("events", rules))
    client.execute(f"CREATE VIEW held_events AS {statement('held_events', rules)}")
    for table in wanted:
        _refill(client, f"expected_{table}", statement(table, rules))
    for table in LATE_ROWS:
        if table in wanted:
            _refill(client, f"least_{table}", statement(table, rules, events="held_events"))
            _refill(client, f"between_{table}", statement(f"between_{table}", rules))


def replace(client: Client, table: str, engine: str, select: str) -> None:
    """Make a table anew from a statement."""
    client.execute(f"DROP TABLE IF EXISTS {table} SYNC")
    client.execute(f"CREATE TABLE {table} ENGINE = {engine} AS {select}")


def insert(client: Client, table: str, select: str) -> None:
    """Add the rows of a statement, by the names of the table's columns."""
    names = ", ".join(f"`{name}`" for name, *_ in client.execute(f"DESCRIBE TABLE {table}"))
    client.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM ({select})")


def _create(client: Client, table: str, engine: str, what: str) -> None:
    client.execute(f"CREATE TABLE {table} ENGINE = {engine} EMPTY AS SELECT {what}")


def _refill(client: Client, table: str, select: str) -> None:
    client.execute(f"TRUNCATE TABLE {table}")
    insert(client, table, select)
