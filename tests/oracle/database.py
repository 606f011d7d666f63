"""The oracle: messages in the order in which they were read, and what was written against what follows from them.

What follows is computed by the statements of `verify`; what is added here is what only a test knows: the order of
reading, and with it the event time at which every message was judged.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from clickhouse_driver import Client

from verify import expected
from verify.compare import Comparison, compare
from verify.expected import ROWS, Rules, key_of
from verify.tables import LATE_ROWS, TABLES

SQL = Path(__file__).parent / "sql"
_ENGINE = "Memory"

#: What the expected rows are computed from, in this order.
JUDGED, DELIVERIES = "expected_judged", "expected_deliveries"


def create(client: Client) -> None:
    """Create the oracle's tables beside those of the sinks."""
    client.execute((SQL / "messages.sql").read_text())
    for table, described in TABLES.items():
        what = "* EXCEPT (detail)" if table == "dead_letters" else "*"
        client.execute(f"CREATE VIEW live_{table} AS SELECT {what} FROM {described.source}")
    for name, of in (("rebuilds", "rebuilds"), ("gaps", "progress")):
        client.execute(f"CREATE VIEW copied_{name} AS {expected.text(name).format(table=of)}")
    expected.create(client, _ENGINE)


def clear(client: Client) -> None:
    """Empty every table, read and written."""
    for table in ("messages", "clicks", "progress", "rebuilds", *TABLES):
        client.execute(f"TRUNCATE TABLE {table}")


def load(client: Client, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert messages in the order in which they were read."""
    rows = list(rows)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    names = ", ".join(columns)
    client.execute(f"INSERT INTO messages ({names}) VALUES", list(columns.values()), columnar=True)


def differences(client: Client, rules: Rules) -> list[str]:
    """What is wrong with the written tables, in words; empty if they are as they should be."""
    expected.replace(client, JUDGED, _ENGINE, expected.statement("judged", rules))
    expected.replace(client, DELIVERIES, _ENGINE, _own("expected_deliveries", rules))
    expected.fill(client, ROWS, _ENGINE, rules)
    client.execute("TRUNCATE TABLE expected_dead_letters")
    expected.insert(client, "expected_dead_letters", _own("expected_dead_letters", rules))
    return [text for table in TABLES for text in _in_words(compare(client, table, _where(table)))]


def between(client: Client) -> int:
    """How many rows lack events that were too late, which is not wrong; after `differences`."""
    counts = [client.execute(f"SELECT count() FROM between_{table}") for table in LATE_ROWS]
    return sum(count for [(count,)] in counts)


def _where(table: str) -> str:
    if table not in LATE_ROWS:
        return "1"
    return f"({key_of(table)}) NOT IN (SELECT {key_of(table)} FROM between_{table})"


def _own(name: str, rules: Rules) -> str:
    return (
        (SQL / f"{name}.sql")
        .read_text()
        .format(
            lookback_days=rules.lookback_days, allowed_lateness_days=rules.allowed_lateness_days
        )
    )


def _in_words(found: Comparison) -> Iterator[str]:
    for example in found.examples:
        yield f"{found.table}: {example.kind} {example.key} {example.values or ''}"
