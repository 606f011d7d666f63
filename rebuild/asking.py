"""Questions to ClickHouse, as rebuild/sql has them."""

from importlib.resources import files
from typing import Any

from sinks.connection import ClickHouse
from sinks.retry import RetryPolicy, persistently

_POLICY = RetryPolicy(attempts=8)


def sql(name: str, **given: Any) -> str:
    """The text of a file, with what stands for {names} in it."""
    text = (files("rebuild") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    return text.format(**given)


def ask(clickhouse: ClickHouse, statement: str, what: str, *, columnar: bool = False) -> list[Any]:
    """The rows of an answer, or its columns. what: is asked for, for people.

    Raises SinkRejected when ClickHouse refuses the question, SinkUnavailable when it stays away.
    """

    def execute() -> list[Any]:
        with clickhouse.client() as client:
            rows: list[Any] = client.execute(statement, columnar=columnar)
            return rows

    return persistently(execute, f"reading of {what}", clickhouse.address, _POLICY)


def between(since: int, until: int) -> str:
    """Facts from a time on and before another, ms, in SQL."""
    return (
        f"occurred_at >= fromUnixTimestamp64Milli({since}, 'Asia/Shanghai')"
        f" AND occurred_at < fromUnixTimestamp64Milli({until}, 'Asia/Shanghai')"
    )
