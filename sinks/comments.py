"""What names of columns mean: the comments of sinks/views/comments.toml in statements that create tables and views."""

import json
from collections.abc import Mapping
from functools import cache

from schemas.errors import DefinitionError
from sinks.quoting import literal
from sinks.statements import Column, change_columns
from sinks.templates import toml_of_views


@cache
def comments() -> Mapping[str, str]:
    """Name of a column, or "name:word", → its comment."""
    return toml_of_views("comments.toml")


def with_comments(sql: str, where: str) -> str:
    """A CREATE statement whose columns all have a comment.

    A comment in quotes stays; for a word, and for nothing, it is that of the file.
    where: what the statement is of, for messages.

    Raises DefinitionError where the file has none.
    """

    def comment(column: Column) -> str:
        if column.comment.startswith("'"):
            return column.comment
        key = f"{column.name}:{column.comment}" if column.comment else column.name
        if key not in comments():
            raise DefinitionError(
                f"{where} has a column {column.name} without a comment: add a text for "
                f"{json.dumps(key)} to sinks/views/comments.toml, in English and Chinese."
            )
        return literal(comments()[key])

    return change_columns(sql, comment)
