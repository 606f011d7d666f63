"""Questions to ClickHouse, and the answers as rows."""

from collections.abc import Mapping
from typing import Any

from sinks.connection import ClickHouse
from sinks.retry import RetryPolicy, persistently

_ONCE = RetryPolicy(attempts=1)


def ask(
    connection: ClickHouse, query: str, parameters: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of a query, column name → value.

    parameters: what stands in the query as %(name)s.

    Raises SinkRejected when ClickHouse refuses the query, SinkUnavailable when it cannot be reached.
    """

    def answer() -> list[dict[str, Any]]:
        with connection.client() as client:
            rows, columns = client.execute(query, dict(parameters or {}), with_column_types=True)
        names = [name for name, _ in columns]
        return [dict(zip(names, row, strict=True)) for row in rows]

    return persistently(answer, "question", connection.address, _ONCE)
