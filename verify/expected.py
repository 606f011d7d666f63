"""The expected rows, computed in ClickHouse in one statement a table: files of `verify/sql`."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Self

from clickhouse_driver import Client

from streams.settings import Settings
from verify.tables import TABLES

#: What follows from the deliveries, in this order: the last two need the facts.
ROWS = ("touches", "order_events", "journeys", "conversions")


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that the expected rows depend on.

    now_ms: when it is checked; what lies ahead of that may have been refused for it.
    """

    lookback_days: int
    allowed_lateness_days: int
    now_ms: int = 0
    crowded_sub_orders: int = 5_000
    crowded_touches: int = 100_000

    @classmethod
    def of(cls, settings: Settings, now_ms: int = 0) -> Self:
        """Those of a worker with these settings."""
        return cls(
            settings.lookback_days,
            settings.allowed_lateness_days,
            now_ms,
            settings.crowded_sub_orders,
            settings.crowded_touches,
        )


def text(name: str) -> str:
    """A file of `verify/sql`."""
    return (files("verify") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def statement(step: str, rules: Rules, messages: str = "messages") -> str:
    """The SELECT of a step, by the name of its file. messages: where they are, if it reads them."""
    return text(step).format(**asdict(rules), messages=messages)


def create(client: Client, engine: str) -> None:
    """Tables for the expected rows, with the types of the live ones."""
    for table in TABLES:
        client.execute(
            f"CREATE TABLE expected_{table} ENGINE = {engine} EMPTY AS SELECT * FROM live_{table}"
        )


def fill(client: Client, tables: Iterable[str], rules: Rules) -> None:
    """Compute the expected rows of some tables from `expected_deliveries`."""
    for table in tables:
        names = ", ".join(f"`{name}`" for name in _columns(client, table))
        client.execute(
            f"INSERT INTO expected_{table} ({names}) SELECT {names} FROM ({statement(table, rules)})"
        )


def _columns(client: Client, table: str) -> list[str]:
    return [row[0] for row in client.execute(f"DESCRIBE TABLE expected_{table}")]
