"""What somebody dropped or changed by hand is told by a check, and put back by `migrate`."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from schemas.errors import SinkRejected
from sinks.connection import ClickHouse
from sinks.migrate import check_migrated, migrate, missing
from sinks.schema import Schema, load_migrations, load_schema
from sinks.views import View
from sinks.writer import Writer

Query = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def query(own_database: ClickHouse) -> Iterator[Query]:
    with own_database.client() as client:
        yield client.execute


def with_view(name: str, change: Callable[[View], View]) -> Schema:
    """The schema of this version with another text of one view."""
    schema = load_schema()
    return replace(schema, views=[change(v) if v.name == name else v for v in schema.views])


def text(query: Query, name: str) -> object:
    [(found,)] = query(
        f"SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = '{name}'"
    )
    return found


@pytest.mark.parametrize(
    ("done", "told", "mended"),
    [
        (
            "DROP TABLE dead_letters",
            "table dead_letters is missing",
            "made table dead_letters again, without rows: restore a backup, or begin anew (docs",
        ),
        (
            "ALTER TABLE touches DROP COLUMN dwell_ms",
            "table touches has no column dwell_ms",
            "added column dwell_ms to",
        ),
        (
            "ALTER TABLE touches COMMENT COLUMN kind 'x'",
            "comments of touches are not those",
            "set comments of touches",
        ),
        (
            "ALTER TABLE touches MODIFY COMMENT 'x'",
            "comments of touches are not those",
            "set comments of touches",
        ),
        ("DROP VIEW funnel", "view funnel is missing", "made view funnel"),
        (
            "CREATE OR REPLACE VIEW paths AS SELECT 1 AS n",
            "view paths is not as",
            "replaced view paths",
        ),
        (
            "DROP VIEW journey_entries",
            "view journey_entries is missing",
            "made view journey_entries",
        ),
        (
            "CREATE VIEW paths__next AS SELECT 1 AS n",
            "view paths__next is on trial by a migrate that is at work, or was cut short",
            "dropped view paths__next",
        ),
        (
            "TRUNCATE TABLE schema_migrations",
            "migration 0001_tables was not applied",
            "applied 0001_tables",
        ),
    ],
)
def test_it_is_told_and_mended(
    own_database: ClickHouse, query: Query, done: str, told: str, mended: str
) -> None:
    query(done)
    lacking = missing(own_database)
    assert lacking[0].startswith(told)
    assert len(lacking) == (len(load_migrations()) if "migration" in told else 1)
    with pytest.raises(SinkRejected, match=f"answers, but {told}.*: run `zhongcao migrate`"):
        check_migrated(own_database)
    assert migrate(own_database)[0].startswith(mended)
    assert missing(own_database) == []
    assert migrate(own_database) == []


def test_a_check_changes_nothing(empty_database: ClickHouse) -> None:
    [told] = missing(empty_database)
    assert told.startswith(f"there is no database {empty_database.database}")
    with empty_database.client(database="") as client:
        [(exists,)] = client.execute(
            "SELECT count() FROM system.databases WHERE name = %(name)s",
            {"name": empty_database.database},
        )
    assert not exists


def test_who_needs_a_database_that_is_not_there_is_told_what_makes_it(
    empty_database: ClickHouse,
) -> None:
    with (
        Writer(empty_database) as writer,
        pytest.raises(SinkRejected, match=r"code 81: .*`zhongcao migrate` makes what"),
    ):
        writer.ping()


def test_what_cannot_be_mended_is_told(own_database: ClickHouse, query: Query) -> None:
    query("ALTER TABLE touches MODIFY COLUMN dwell_ms Nullable(Int64)")
    with pytest.raises(
        SinkRejected, match=r"column dwell_ms of touches is Nullable\(Int64\) and not"
    ):
        migrate(own_database)


def test_a_table_in_the_place_of_a_view_is_left_alone(
    own_database: ClickHouse, query: Query
) -> None:
    query("DROP VIEW funnel")
    query("CREATE TABLE funnel (n Int8) ENGINE = MergeTree ORDER BY n")
    query("INSERT INTO funnel SELECT 1")
    with pytest.raises(SinkRejected, match="funnel is a table, where a view must be"):
        migrate(own_database)
    assert query("SELECT n FROM funnel") == [(1,)]


def test_views_that_read_a_changed_one_are_made_anew(own_database: ClickHouse) -> None:
    changed = with_view("order_paths", lambda view: replace(view, comment="'Other. 其他。'"))
    assert migrate(own_database, changed) == [
        "replaced view order_paths",
        "replaced view direct_and_halo",
        "replaced view paths",
        "replaced view sales",
    ]


def test_a_materialized_view_is_replaced_and_goes_on(
    own_database: ClickHouse, query: Query
) -> None:
    changed = with_view(
        "journey_entries", lambda v: replace(v, query=v.query.replace("day AS", "day + 1 AS"))
    )
    assert migrate(own_database, changed) == ["replaced view journey_entries"]
    query("INSERT INTO touches (kind, occurred_at) SELECT 'view', '2025-06-17 12:00:00'")
    assert query("SELECT toString(entry_date) FROM journeys") == [("2025-06-18",)]
    assert (
        query(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '%next'"
        )
        == []
    )


def test_a_view_that_the_server_refuses_leaves_all_as_they_were(
    own_database: ClickHouse, query: Query
) -> None:
    before = text(query, "order_paths"), text(query, "paths")
    schema = with_view("order_paths", lambda view: replace(view, comment="'Other. 其他。'"))
    views = [
        replace(view, query=view.query.replace("count()", "no_such_function()"))
        if view.name == "paths"
        else view
        for view in schema.views
    ]
    with pytest.raises(SinkRejected, match="no_such_function"):
        migrate(own_database, replace(schema, views=views))
    assert (text(query, "order_paths"), text(query, "paths")) == before
    assert missing(own_database) == []


def test_a_view_that_leaves_the_product_is_dropped(own_database: ClickHouse) -> None:
    schema = load_schema()
    without = replace(schema, views=[view for view in schema.views if view.name != "bridge"])
    assert migrate(own_database, without) == ["dropped view bridge"]
    assert migrate(own_database, without) == []


def test_a_database_whose_views_are_later_is_refused(
    own_database: ClickHouse, query: Query
) -> None:
    query("INSERT INTO schema_views (name, version) SELECT 'funnel', '99.1.0'")
    with pytest.raises(SinkRejected, match=r"has views of version 99\.1\.0, and this is version"):
        migrate(own_database)
    with pytest.raises(SinkRejected, match=r"99\.1\.0"):
        missing(own_database)


def test_several_at_once_are_safe(empty_database: ClickHouse) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: migrate(empty_database), range(4)))
    changed = with_view("current_touches", lambda view: replace(view, comment="'Other. 其他。'"))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: migrate(empty_database, changed), range(4)))
    assert migrate(empty_database, changed) == []
