"""The Python side's columns against the tables that the migrations create."""

import re

import polars as pl
import pytest

from sinks.tables import ORDER_KINDS, TABLES, TOUCH_KINDS

CHINESE = re.compile(r"[\u4e00-\u9fff]")
VIEWS = {f"current_{name}" for name in TABLES} | {"sub_order_amounts", "conversions_with_amounts"}
VIEWS |= {"attribution_credits", "attribution", "credits_by_model", "journey_steps", "funnel"}
VIEWS |= {"order_paths", "paths", "time_to_purchase", "direct_and_halo", "explain"}
VIEWS |= {"conversion_versions", "current_modelled_credits"}
VIEWS |= {"coverage", "dead_letters_by_day", "freshness", "reconciliation", "bridge"}
VIEWS |= {"current_clicks", "coverage_by_topic", "conflicting_ids", "sales"}
VIEWS |= {"click_times", "waiting_facts"}
OTHERS = {"schema_migrations", "schema_views", "journey_entries", "click_entries", "clicks"}
OTHERS |= {"modelled_credits", "rebuilds", "event_days", "days_of_touches", "days_of_orders"}


def polars_type(kind):
    """In which type a block has a column of this ClickHouse type; bytes are a String there, too."""
    if inner := re.fullmatch(
        r"(?:Nullable|LowCardinality|Array|SimpleAggregateFunction)\((?:min, |max, )?(.*)\)", kind
    ):
        return pl.List(polars_type(inner[1])) if kind.startswith("Array") else polars_type(inner[1])
    name = kind.partition("(")[0]
    others = {"Bool": "Boolean", "Enum8": "Int8", "DateTime64": "Int64"}
    return getattr(pl, others.get(name, name))()


def columns(query, table):
    return query(
        "SELECT name, type FROM system.columns WHERE database = currentDatabase()"
        f" AND table = '{table}' AND default_kind != 'MATERIALIZED' ORDER BY position"
    )


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_columns_and_their_order_are_those_of_the_table(query, table):
    found = columns(query, table.name)
    assert [name for name, _ in found] == list(table.columns)
    given = {
        name: pl.String if dtype == pl.Binary else dtype for name, dtype in table.columns.items()
    }
    assert {name: polars_type(kind) for name, kind in found} == given


def test_kinds_have_the_numbers_of_their_enumerations(query):
    def enum(kinds):
        members = ", ".join(f"'{name}' = {number}" for name, number in kinds.items())
        return f"Enum8({members})"

    touches = {name: number for name, number in TOUCH_KINDS.items() if name != "unsave"}
    assert dict(columns(query, "touches"))["kind"] == enum(TOUCH_KINDS)
    assert dict(columns(query, "order_events"))["kind"] == enum(ORDER_KINDS)
    assert dict(columns(query, "conversions"))["path.kind"] == f"Array({enum(touches)})"


def test_nothing_else_is_in_the_database(query):
    found = query("SELECT name FROM system.tables WHERE database = currentDatabase()")
    assert {name for (name,) in found} == TABLES.keys() | VIEWS | OTHERS


def test_every_table_and_column_has_a_comment_in_english_and_chinese(query):
    comments = query(
        "SELECT table || '.' || name, comment FROM system.columns"
        " WHERE database = currentDatabase()"
        " UNION ALL SELECT name, comment FROM system.tables WHERE database = currentDatabase()"
    )
    assert len(comments) > 100
    bare = [
        name
        for name, comment in comments
        if not CHINESE.search(comment) or not re.match("[A-Z0-9]", comment)
    ]
    assert bare == []


def test_every_time_is_in_shanghai_and_says_so(query):
    times = query(
        "SELECT table || '.' || name, type, comment FROM system.columns"
        " WHERE database = currentDatabase() AND type LIKE '%Date%'"
    )
    assert len(times) > 20
    for name, kind, comment in times:
        assert "Shanghai" in comment, name
        assert "DateTime" not in kind or "DateTime64(3, 'Asia/Shanghai')" in kind, name
