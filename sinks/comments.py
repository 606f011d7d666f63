"""What names of columns mean: the comments of sinks/views/comments.toml in statements that create tables and views."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from sinks.quoting import literal
from sinks.statements import Column, change_columns


@cache
def comments() -> Mapping[str, str]:
    """Name of a column, or "name:word", → its comment."""
    text = (files("sinks") / "views" / "comments.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def with_comments(sql: str) -> str:
    """A CREATE statement whose columns all have a comment.

    A comment in quotes stays; for a word, and for nothing, it is that of the file.

    Raises KeyError where the file has none.
    """
    return change_columns(sql, _comment)


def _comment(column: Column) -> str:
    if column.comment.startswith("'"):
        return column.comment
    key = f"{column.name}:{column.comment}" if column.comment else column.name
    return literal(comments()[key])
