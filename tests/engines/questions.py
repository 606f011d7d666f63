"""What the views are asked: each with every value of each of its parameters, whole, by brand and column by column."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, Protocol

from sinks.quoting import literal, quoted
from sinks.tables import FULL, MODELS
from sinks.views import View, load_views

Row = tuple[Any, ...]

PARAMETER = re.compile(r"\{(\w+):\w+\}")

#: SQL of the values to ask for. A view with a parameter that is not here needs a line.
VALUES: Mapping[str, Sequence[str]] = {
    "model": [literal(model) for model in (*MODELS, FULL)],
    "lookback_days": ["30", "1", "7"],
    "window_days": ["30", "1", "7"],
    "platform_days": ["7", "29"],
    "platform_day": ["'touch'", "'payment'"],
    "since": ["'2024-01-01'"],
    "until": ["'2024-06-30'"],
}

#: One order after many touches, one after none, and one with a refund.
SUB_ORDERS = """
SELECT argMax(sub_order_id, length(`path.occurred_at`)), argMin(sub_order_id, length(`path.occurred_at`)),
    (SELECT any(sub_order_id) FROM (SELECT sub_order_id FROM order_events WHERE kind = 'REFUND' ORDER BY 1 LIMIT 1))
FROM (SELECT * FROM conversions ORDER BY sub_order_id)
"""


class Client(Protocol):
    """Whoever answers."""

    def execute(self, query: str) -> list[Row]: ...


@dataclass(frozen=True, slots=True)
class Question:
    """A query about a view.

    first: it is all rows and columns, with the first value of each parameter.
    columns: it is about columns that the engine may read in part.
    """

    view: str
    sql: str
    first: bool = False
    columns: bool = False


def questions(client: Client) -> list[Question]:
    """Those about every view of sinks/views that can be read. client: of a database with rows."""
    [sub_orders] = client.execute(SUB_ORDERS)
    values = VALUES | {"sub_order_id": [literal(each) for each in sub_orders]}
    return [
        question
        for view in load_views()
        if view.target is None
        for question in _about(client, view.name, list(_calls(view, values)))
    ]


def _calls(view: View, values: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The view as a query names it, until every value of each parameter was given."""
    names = list(dict.fromkeys(PARAMETER.findall(view.query)))
    columns = [values[name] for name in names]
    for given in islice(zip(*map(cycle, columns), strict=False), max(map(len, columns), default=0)):
        pairs = (f"{name} = {value}" for name, value in zip(names, given, strict=True))
        yield f"{view.name}({', '.join(pairs)})"
    if not names:
        yield view.name


def _about(client: Client, view: str, calls: Sequence[str]) -> Iterator[Question]:
    for call in calls:
        yield Question(view, f"SELECT * FROM {call}", first=call == calls[0])
    columns = {
        str(row[0]): str(row[1]) for row in client.execute(f"DESCRIBE (SELECT * FROM {calls[0]})")
    }
    if "brand_id" in columns:
        yield Question(view, f"SELECT * FROM {calls[0]} WHERE brand_id = 'b1'")
    if parts := list(_parts(columns)):
        yield Question(view, f"SELECT {', '.join(parts)} FROM {calls[0]}", columns=True)


def _parts(columns: Mapping[str, str]) -> Iterator[str]:
    """What the engine can find in a part of a column: lengths of arrays, and what is NULL. columns: name → type."""
    for name, kind in columns.items():
        if kind.startswith("Array"):
            yield f"sum(length({quoted(name)}))"
        if kind.startswith("Nullable"):
            yield f"countIf({quoted(name)} IS NULL)"
            yield f"count({quoted(name)})"
