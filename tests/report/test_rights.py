"""The rights of an analyst are enough for a report, and it is about their brands only."""

from pathlib import Path

from engine_roles import Engine

from report import queries
from sinks.access.apply import statements
from sinks.schema import load_schema

DATABASE = "notes"
USE = f"USE {DATABASE}"
AT = "'2025-06-17 12:00:00'"
ASKED = (
    *(queries.COVERAGE, queries.KNOWN, queries.PEOPLE, queries.ENTRY_DAYS, queries.SALES),
    *(queries.ORDERS, queries.DAYS_TO_PURCHASE, queries.CREDITS),
    *(queries.FRESHNESS, queries.RECONCILED, queries.LATE),
)
GIVEN = {
    "since": "'2025-06-01'",
    "until": "'2025-06-30'",
    "window": "7",
    "lookback": "7",
    "days": "7",
    "notes": "12",
}


def asked_of(brand: str) -> list[str]:
    return [query % {**GIVEN, "brand": f"'{brand}'"} for query in ASKED]


def test_every_question_is_allowed(tmp_path: Path) -> None:
    engine = Engine(tmp_path, DATABASE)
    schema = load_schema()
    tables = [each for migration in schema.migrations for each in migration.statements]
    views = [view.statement(DATABASE, schema.names) for view in schema.views]
    owned = [each for each in statements(DATABASE) if "ALTER TABLE" in each]
    sold = [
        "INSERT INTO order_events (kind, brand_id, sub_order_id, txn_id, amount_fen, occurred_at)"
        f" VALUES ('PAY', '{brand}', 's-{brand}', 't-{brand}', 5, {AT})"
        for brand in ("b1", "b2")
    ]
    paid = [
        "INSERT INTO conversions (brand_id, sub_order_id, paid_at, lookback_days, version)"
        f" VALUES ('{brand}', 's-{brand}', {AT}, 30, 1)"
        for brand in ("b1", "b2")
    ]
    created = f"CREATE DATABASE IF NOT EXISTS {DATABASE}"
    done = engine.as_admin(created, USE, *tables, *views, *owned, *sold, *paid)
    assert set(done) == {""}
    asked = [*asked_of("b1"), *asked_of("b2")]
    told = engine.as_role("analyst", USE, *asked, brands=["b1"], readonly="1")
    assert [answer for answer in told if isinstance(answer, int)] == []
    mine, theirs = told[1 : 1 + len(ASKED)], told[1 + len(ASKED) :]
    orders = ASKED.index(queries.ORDERS)
    assert mine[orders] == "organic\t1\t5\t0"
    assert theirs[orders] == ""
    assert theirs[ASKED.index(queries.KNOWN)] == ""
