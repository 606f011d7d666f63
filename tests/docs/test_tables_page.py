"""docs/tables.md is what the database says of itself.

After a change of the tables, write it anew:

    ZHONGCAO_WRITE_DOCS=1 pytest tests/docs/test_tables_page.py
"""

import os
from itertools import groupby
from pathlib import Path

from sinks.connection import ClickHouse

PAGE = Path(__file__).parents[2] / "docs/tables.md"

HEAD = """# Tables and views

Query the views that begin with `current_`, and those with amounts: they show each event, journey and conversion once.
The tables behind them hold rows that will be replaced or merged.
Views with parameters are in [analysts.md](analysts.md); what the words mean, in [definitions.md](definitions.md).
"""

COLUMNS = r"""
SELECT t.name, t.comment, t.engine LIKE '%View', c.name, c.type, c.comment
FROM system.columns AS c
JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
WHERE t.database = currentDatabase() AND t.engine != 'MaterializedView' AND NOT startsWith(t.name, 'schema_')
ORDER BY t.engine LIKE '%View' DESC, t.name, c.position
"""


def render(rows: list[tuple[str, str, bool, str, str, str]]) -> str:
    parts = [HEAD]
    for (name, comment, is_view), columns in groupby(rows, key=lambda row: row[:3]):
        parts.append(f"## {name}\n\n{'View' if is_view else 'Table'}. {comment}\n")
        lines = [f"| `{column}` | {kind} | {text} |" for *_, column, kind, text in columns]
        parts.append("\n".join(["| column | type | meaning |", "|---|---|---|", *lines]) + "\n")
    return "\n".join(parts)


def test_the_page_is_up_to_date(fresh_database: ClickHouse) -> None:
    with fresh_database.client() as client:
        page = render(client.execute(COLUMNS))
    if os.environ.get("ZHONGCAO_WRITE_DOCS"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page
