"""The oracle: raw messages into ClickHouse, and what was written against what should have been."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from clickhouse_driver import Client

SQL = Path(__file__).parent / "sql"

TABLES = ("touches", "order_events", "journeys", "conversions", "dead_letters")

#: What is computed, in this order: the tables need the deliveries, and the last ones the facts.
STEPS = ("deliveries", *TABLES)

#: What is compared. Enumerations are compared by name.
COLUMNS = {
    "touches": "brand_id, note_id, day, toString(kind), user_id, occurred_at, click_id, item_id, "
    "surface, promoted, dwell_ms, placement, too_late",
    "order_events": "toString(kind), brand_id, shop_id, user_id, order_id, sub_order_id, txn_id, "
    "item_id, quantity, amount_fen, occurred_at, click_id, too_late",
    "journeys": "brand_id, entry_date, note_id, user_id, entered_at, saved_at, clicked_at, "
    "purchased_at, chain_clicked_at, chain_purchased_at",
    # What an incomplete path holds depends on what the state still had: see `strangers`.
    "conversions": "brand_id, sub_order_id, order_id, user_id, shop_id, item_id, quantity, "
    "click_id, paid_at, lookback_days, path_incomplete, if(path_incomplete, false, direct), "
    "if(path_incomplete, false, path_truncated), if(path_incomplete, [], `path.occurred_at`), "
    "if(path_incomplete, [], arrayMap(k -> toString(k), `path.kind`)), "
    "if(path_incomplete, [], `path.note_id`), if(path_incomplete, [], `path.item_id`), "
    "if(path_incomplete, [], `path.click_id`)",
    "dead_letters": "topic, partition, offset, reason, key, payload, kafka_timestamp",
}


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that the expected rows depend on."""

    lookback_days: int
    allowed_lateness_days: int


def create(client: Client) -> None:
    """Create the oracle's table of raw messages beside the tables of the sinks."""
    client.execute((SQL / "raw.sql").read_text())


def clear(client: Client) -> None:
    """Empty every table, raw and written."""
    for table in ("raw", *TABLES):
        client.execute(f"TRUNCATE TABLE {table}")


def load(client: Client, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert messages in the order in which they were read."""
    rows = list(rows)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    names = ", ".join(columns)
    client.execute(f"INSERT INTO raw ({names}) VALUES", list(columns.values()), columnar=True)


def differences(client: Client, rules: Rules) -> list[str]:
    """What is wrong with the written tables, in words; empty if they are as they should be."""
    for step in STEPS:
        statement = (SQL / f"expected_{step}.sql").read_text().format(**asdict(rules))
        client.execute(f"DROP TABLE IF EXISTS expected_{step}")
        client.execute(f"CREATE TABLE expected_{step} ENGINE = Memory AS {statement}")
    checks = (_missing, _extra, _doubled, _strangers)
    return [text for check in checks for text in check(client)]


def _missing(client: Client) -> Iterator[str]:
    for table in TABLES:
        required = " WHERE required" if table == "dead_letters" else ""
        yield from _first(
            client,
            f"{table} lacks",
            f"SELECT {COLUMNS[table]} FROM expected_{table}{required} "
            f"EXCEPT SELECT {COLUMNS[table]} FROM current_{table}",
        )


def _extra(client: Client) -> Iterator[str]:
    for table in TABLES:
        yield from _first(
            client,
            f"{table} must not have",
            f"SELECT {COLUMNS[table]} FROM current_{table} "
            f"EXCEPT SELECT {COLUMNS[table]} FROM expected_{table}",
        )


def _doubled(client: Client) -> Iterator[str]:
    for table in TABLES:
        yield from _first(
            client,
            f"{table} has more than once",
            f"SELECT {COLUMNS[table]} FROM current_{table} GROUP BY ALL HAVING count() > 1",
        )


def _strangers(client: Client) -> Iterator[str]:
    """An incomplete path may lack touches but has none that does not belong in it."""
    touches = (
        "arrayZip(`path.occurred_at`, arrayMap(k -> toString(k), `path.kind`), "
        "`path.note_id`, `path.item_id`, `path.click_id`) AS touches"
    )
    yield from _first(
        client,
        "a path has touches of others",
        f"SELECT brand_id, sub_order_id, e.touches, c.touches "
        f"FROM (SELECT *, {touches} FROM expected_conversions) AS e "
        f"JOIN (SELECT *, {touches} FROM current_conversions) AS c USING (brand_id, sub_order_id) "
        "WHERE NOT hasAll(e.touches, c.touches)",
    )


def _first(client: Client, what: str, query: str) -> Iterator[str]:
    for row in client.execute(f"SELECT * FROM ({query}) LIMIT 3"):
        yield f"{what} {row}"
