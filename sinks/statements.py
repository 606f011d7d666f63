"""The text of SQL: its statements, its code apart from quotes and comments, and lists of columns."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sinks.quoting import literal

# A doubled quote inside quotes reads as two quoted tokens, which is as good here.
_TOKEN = re.compile(
    r"""
    '(?:[^'\\]|\\.)*(?:'|\Z) | "(?:[^"\\]|\\.)*(?:"|\Z) | `(?:[^`\\]|\\.)*(?:`|\Z)
    | --[^\n]* | /\*.*?(?:\*/|\Z)
    | ; | [^;'"`/-]+ | .
    """,
    re.VERBOSE | re.DOTALL,
)
_NO_CODE = ("'", '"', "`", "--", "/*")

#: The list of a CREATE statement, a column a line.
_COLUMNS = re.compile(r"(?<=\n\(\n).*?(?=\n\)\n)", re.DOTALL)
_COLUMN = re.compile(
    r"""
    ^[ ]{4} (?P<name> `[^`]+` | [a-z_]\w* ) [ ]
    (?P<type> .+? )
    (?P<default> [ ](?:DEFAULT|ALIAS|MATERIALIZED)[ ].+? )?
    (?: [ ]COMMENT[ ](?P<comment> \w+ | '(?:[^'\\]|\\.)*' ) )?
    (?P<codec> [ ]CODEC\(.*\) )?
    (?P<comma> ,? )$
    """,
    re.VERBOSE | re.MULTILINE,
)


#: A line before a statement: it is for a table that is there and lacks a column.
_CONDITION = re.compile(r"^-- only while (\w+) lacks (\w+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Lacking:
    """A condition: there is a table, and it has no such column."""

    table: str
    column: str

    @property
    def found(self) -> str:
        """A SELECT that has a row if it holds, and else none."""
        table, column = literal(self.table), literal(self.column)
        columns = f"SELECT table FROM system.columns WHERE database = currentDatabase() AND name = {column}"
        return (
            f"SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = {table}"
            f" AND name NOT IN ({columns})"
        )


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a CREATE statement.

    definition: all behind its name, with the type.
    comment: a text in quotes, a word that stands for one, or nothing.
    """

    name: str
    type: str
    definition: str
    comment: str


def split_statements(sql: str) -> list[str]:
    """Cut a text at its semicolons, but not at those in quotes and comments.

    Comments stay with the statement that follows them; what is only comments is dropped.
    """
    statements, current, has_code = [], "", False
    for token in [*_TOKEN.findall(sql), ";"]:
        if token == ";":
            if has_code:
                statements.append(current.strip())
            current, has_code = "", False
            continue
        current += token
        has_code |= not (token.isspace() or token.startswith(("--", "/*")))
    return statements


def condition_of(statement: str) -> Lacking | None:
    """Under which condition it is to be run, if there is one."""
    found = _CONDITION.search(statement)
    return Lacking(*found.groups()) if found else None


def without_condition(statement: str) -> str:
    """The statement for any table."""
    return _CONDITION.sub("", statement).lstrip("\n")


def change_code(sql: str, change: Callable[[str], str]) -> str:
    """The text with each piece of code changed; quotes and comments stay."""
    return "".join(
        token if token.startswith(_NO_CODE) else change(token) for token in _TOKEN.findall(sql)
    )


def columns_of(sql: str) -> list[Column]:
    """The columns of a CREATE statement that has one on each line, in their order."""
    found = _COLUMNS.search(sql)
    return [_column(each) for each in _COLUMN.finditer(found[0])] if found else []


def change_columns(sql: str, comment_of: Callable[[Column], str]) -> str:
    """A CREATE statement with another comment, a text in quotes, for each column."""

    def changed(found: re.Match[str]) -> str:
        name, kind, default, codec, comma = found.group("name", "type", "default", "codec", "comma")
        comment = comment_of(_column(found))
        return f"    {name} {kind}{default or ''} COMMENT {comment}{codec or ''}{comma}"

    return _COLUMNS.sub(lambda found: _COLUMN.sub(changed, found[0]), sql, count=1)


def _column(found: re.Match[str]) -> Column:
    name = found["name"]
    definition = found[0].removesuffix(",").strip().removeprefix(name).strip()
    return Column(name.strip("`"), found["type"], definition, found["comment"] or "")
