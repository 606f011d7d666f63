"""A text that the server refuses, or a file that is not as it must be, is told in a sentence."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from schemas.errors import DefinitionError, SinkRejected
from sinks import views
from sinks.connection import ClickHouse
from sinks.migrate import migrate, missing
from sinks.schema import Migration, Schema, load_schema
from sinks.templates import toml_of_views
from sinks.views import View


def with_view(name: str, change: Callable[[str], str]) -> Schema:
    """The schema of this version with another query of one view."""
    return replace(
        load_schema(),
        views=[
            replace(view, query=change(view.query)) if view.name == name else view
            for view in load_schema().views
        ],
    )


@pytest.mark.parametrize("name", ["order_paths", "funnel"])
def test_a_check_says_what_the_server_refuses(own_database: ClickHouse, name: str) -> None:
    refused = with_view(
        name, lambda query: query.replace("\n    brand_id,", "\n    no_such_one,", 1)
    )
    told = {line.split()[1]: line for line in missing(own_database, refused)}
    assert "and the server refuses its text: code 47" in told[name]
    assert "no_such_one" in told[name]
    with pytest.raises(SinkRejected, match="no_such_one"):
        migrate(own_database, refused)
    assert missing(own_database) == []


@pytest.mark.parametrize("name", ["order_paths", "funnel"])
def test_a_check_says_nothing_of_what_it_takes(own_database: ClickHouse, name: str) -> None:
    taken = replace(
        load_schema(),
        views=[replace(v, comment="'x'") if v.name == name else v for v in load_schema().views],
    )
    assert missing(own_database, taken)[0] == f"view {name} is not as this version has it"


def test_a_text_that_cannot_be_parsed_is_told_with_its_name(own_database: ClickHouse) -> None:
    broken = with_view("order_paths", lambda query: query.replace("SELECT\n", "SELEKT\n", 1))
    for act in (missing, migrate):
        with pytest.raises(SinkRejected, match="cannot read the text of view order_paths: code 62"):
            act(own_database, broken)


@pytest.mark.parametrize(
    ("sql", "where"),
    [
        (
            "CREATE TABLE IF NOT EXISTS t\n(\n    nothing_ms Int8\n)\nENGINE = Memory;",
            "9999_more.sql",
        ),
        ("ALTER TABLE touches ADD COLUMN IF NOT EXISTS nothing_ms Int8;", "Table touches"),
    ],
)
def test_a_column_needs_a_comment(own_database: ClickHouse, sql: str, where: str) -> None:
    schema = load_schema()
    more = replace(schema, migrations=[*schema.migrations, Migration("9999_more", sql)])
    with pytest.raises(DefinitionError, match=f"{where} has a column nothing_ms without a comment"):
        assert not missing(own_database, more), more.tables


def test_views_in_a_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {view.name: view for view in views.load_views()}

    def reading_each_other(_: object, entry: object) -> View:
        view = found[getattr(entry, "name", "").removesuffix(".sql")]
        return replace(view, query="SELECT 1 FROM funnel") if view.name == "journey_steps" else view

    monkeypatch.setattr(views, "_view", reading_each_other)
    with pytest.raises(DefinitionError, match=r"in a ring: .*journey_steps"):
        views.load_views()


def test_a_file_that_is_no_toml(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DefinitionError, match=r"sinks/views/README\.md is not valid TOML"):
        toml_of_views("README.md")
