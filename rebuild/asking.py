"""Questions to ClickHouse, as rebuild/sql has them."""

from importlib.resources import files
from typing import Any

from sinks.connection import ClickHouse
from sinks.retry import RetryPolicy, persistently

#: How long ClickHouse is waited for.
POLICY = RetryPolicy(attempts=8)
_SETTINGS = {
    # A question may name thousands of users.
    "max_query_size": 1 << 28,
    # No row ever moves to another partition.
    "do_not_merge_across_partitions_select_final": 1,
}


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
            rows: list[Any] = client.execute(statement, columnar=columnar, settings=_SETTINGS)
            return rows

    return persistently(execute, f"reading of {what}", clickhouse.address, POLICY)


def between(since: int, until: int) -> str:
    """Facts from a time on and before another, ms, in SQL."""
    return f"occurred_at >= {_time(since)} AND occurred_at < {_time(until)}"


def touched_between(since: int, until: int) -> str:
    """The same of touches: other months are not even looked at."""
    return (
        f"day BETWEEN toDate({_time(since)}) AND toDate({_time(until)}) AND {between(since, until)}"
    )


def _time(ms: int) -> str:
    return f"fromUnixTimestamp64Milli({ms}, 'Asia/Shanghai')"
