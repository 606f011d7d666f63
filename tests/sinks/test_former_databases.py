"""A database that the numbered files of before have made is brought over in place, with its data."""

from pathlib import Path

import pytest
from clickhouse_driver import Client

from schemas.errors import SinkRejected
from sinks import former
from sinks.connection import ClickHouse
from sinks.found import CREATE_HISTORY
from sinks.migrate import migrate, missing
from sinks.schema import Migration
from sinks.statements import split_statements

FILES = [
    Migration(path.stem, path.read_text())
    for path in sorted((Path(__file__).parent / "former").glob("*.sql"))
]
AT = "'2025-06-17 12:00:00'"
ROWS = (
    "INSERT INTO touches (brand_id, note_id, kind, user_id, occurred_at, in_time)"
    f" SELECT 'b', 'n', 'view', toString(number), {AT}, 1 FROM numbers(3)",
    "INSERT INTO order_events (kind, brand_id, sub_order_id, txn_id, amount_fen, occurred_at, in_time)"
    f" SELECT 'PAY', 'b', 's', 't', 500, {AT}, 1",
    "INSERT INTO conversions (brand_id, sub_order_id, paid_at, lookback_days, path.occurred_at, path.kind,"
    " path.note_id, path.item_id, path.click_id, version)"
    f" SELECT 'b', 's', {AT}, 30, [{AT}], ['view'], ['n'], [''], [''], 1",
)
KEPT = (
    "touches",
    "order_events",
    "journeys",
    "conversions",
    "current_journeys",
    "current_conversions",
)


def made_by_former_files(connection: ClickHouse, count: int) -> None:
    with connection.client(database="") as client:
        client.execute(f"CREATE DATABASE {connection.database}")
    with connection.client() as client:
        client.execute(CREATE_HISTORY)
        for each in FILES[:count]:
            for statement in split_statements(each.sql):
                client.execute(statement)
            note = "INSERT INTO schema_migrations (name, checksum) VALUES"
            client.execute(note, [(each.name, each.checksum)])


#: What 0003 made of other columns.
REPLACED = {"in_time", "direct", "version"}


def questions(client: Client) -> list[str]:
    """One for all columns of each that stay, as they are now."""
    columns = (
        "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = %(table)s"
    )
    asked = []
    for table in KEPT:
        names = ", ".join(
            f"`{name}`"
            for (name,) in client.execute(columns, {"table": table})
            if name not in REPLACED
        )
        asked.append(f"SELECT {names} FROM {table} ORDER BY ALL")
    return asked


def described(client: Client) -> list[tuple[str, ...]]:
    """Columns of tables and views, but for those of what `migrate` notes."""
    rows: list[tuple[str, ...]] = client.execute(
        "SELECT table, name, type, default_expression, comment, compression_codec FROM system.columns"
        " WHERE database = currentDatabase() AND table NOT LIKE 'schema\\_%' ORDER BY table, position"
    )
    return rows


def comments(client: Client) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = client.execute(
        "SELECT name, comment FROM system.tables WHERE database = currentDatabase()"
        " AND name NOT LIKE 'schema\\_%' ORDER BY name"
    )
    return rows


def test_it_keeps_its_rows(empty_database: ClickHouse) -> None:
    made_by_former_files(empty_database, len(FILES))
    with empty_database.client() as client:
        for statement in ROWS:
            client.execute(statement)
        asked = questions(client)
        before = [client.execute(each) for each in asked]
        assert all(before)
        assert "noted 0001_tables" in migrate(empty_database)
        assert [client.execute(each) for each in asked] == before
    assert missing(empty_database) == []
    assert migrate(empty_database) == []


def test_its_columns_and_comments_are_those_of_a_new_one(
    empty_database: ClickHouse, fresh_database: ClickHouse
) -> None:
    made_by_former_files(empty_database, len(FILES))
    migrate(empty_database)
    with empty_database.client() as brought_over, fresh_database.client() as new:
        assert described(brought_over) == described(new)
        assert comments(brought_over) == comments(new)


@pytest.mark.parametrize("count", range(1, len(FILES), 3))
def test_one_that_some_of_them_have_made_is_completed(
    empty_database: ClickHouse, count: int
) -> None:
    made_by_former_files(empty_database, count)
    with empty_database.client() as client:
        client.execute(ROWS[0])
        assert "applied 0001_tables" in migrate(empty_database)
        assert client.execute("SELECT count() FROM current_touches") == [(3,)]
        [(created,)] = client.execute(
            "SELECT create_table_query FROM system.tables"
            " WHERE database = currentDatabase() AND name = 'conversions'"
        )
    assert "INDEX paid_at_range" in created
    assert missing(empty_database) == []


def test_one_of_other_files_is_refused(empty_database: ClickHouse) -> None:
    made_by_former_files(empty_database, 0)
    with empty_database.client() as client:
        client.execute(
            "INSERT INTO schema_migrations (name, checksum) VALUES", [("0003_journeys", "other")]
        )
    with pytest.raises(SinkRejected, match=r"made from other files than these: 0003_journeys\."):
        migrate(empty_database)


def test_a_view_of_theirs_that_has_left_the_product_is_dropped(
    empty_database: ClickHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_by_former_files(empty_database, len(FILES))
    monkeypatch.setattr(former, "VIEWS", former.VIEWS | {"long_gone"})
    with empty_database.client() as client:
        client.execute("CREATE VIEW long_gone AS SELECT 1 AS n")
        client.execute("CREATE VIEW of_an_analyst AS SELECT 1 AS n")
        assert "dropped view long_gone" in migrate(empty_database)
        # The name is anybody's from now on.
        client.execute("CREATE VIEW long_gone AS SELECT 2 AS n")
        assert migrate(empty_database) == []
        for name, number in (("long_gone", 2), ("of_an_analyst", 1)):
            assert client.execute(f"SELECT n FROM {name}") == [(number,)]
