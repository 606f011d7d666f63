"""A view that is new to a database is tried like a changed one, together with those that read it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from schemas.errors import SinkRejected
from sinks.connection import ClickHouse
from sinks.migrate import migrate, missing
from sinks.schema import Schema, load_schema
from sinks.views import View


def after_amounts(new: View, change: Callable[[View], View]) -> Schema:
    """The schema of this version with one more view, and another text of some."""
    views = []
    for view in load_schema().views:
        views += [change(view), new] if view.name == "sub_order_amounts" else [change(view)]
    return replace(load_schema(), views=views)


@pytest.fixture
def new() -> View:
    [amounts] = [view for view in load_schema().views if view.name == "sub_order_amounts"]
    return replace(amounts, name="amounts_too")


def test_a_changed_view_may_read_a_new_one(own_database: ClickHouse, new: View) -> None:
    def change(view: View) -> View:
        if view.name == "current_order_events":
            return replace(view, comment="'Other. 其他。'")
        if view.name == "conversions_with_amounts":
            return replace(view, query=view.query.replace("sub_order_amounts", "amounts_too"))
        return view

    schema = after_amounts(new, change)
    assert {"made view amounts_too", "replaced view conversions_with_amounts"} <= {
        *migrate(own_database, schema)
    }
    assert migrate(own_database, schema) == []


def test_a_new_view_that_the_server_refuses_is_not_made(
    own_database: ClickHouse, new: View
) -> None:
    refused = replace(new, query=new.query.replace("brand_id", "no_such_function(brand_id)", 1))
    with pytest.raises(SinkRejected, match="no_such_function"):
        migrate(own_database, after_amounts(refused, lambda view: view))
    assert missing(own_database) == []
