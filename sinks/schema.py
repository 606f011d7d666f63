"""What a database of this version must have: its migrations, and the tables, columns and views that come of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from importlib.resources import files

from sinks.comments import with_comments
from sinks.statements import Column, columns_of, split_statements, without_condition
from sinks.views import View, load_views

_CREATED = re.compile(r"^(CREATE TABLE IF NOT EXISTS |ALTER TABLE )(\w+)", re.MULTILINE)
#: A table that gets the form, and then the rows, of one beside it.
_EXCHANGED = re.compile(r"^EXCHANGE TABLES (\w+) AND (\w+)$", re.MULTILINE)
_TABLE_COMMENT = re.compile(r"\nCOMMENT ('(?:[^'\\]|\\.)*')$")
_ADDED = re.compile(
    r"^ALTER TABLE \w+ ADD COLUMN IF NOT EXISTS (.+?)(?: (?:AFTER \w+|FIRST))?$", re.M
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file.

    name: that of the file, without .sql.
    sql: one or more statements, each ended by a semicolon.
    """

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, hexadecimal, the same whatever the line ends of the checkout."""
        return sha256(self.sql.replace("\r\n", "\n").encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """Its statements, with the comments of columns."""
        where = f"sinks/migrations/{self.name}.sql"
        return [with_comments(each, where) for each in split_statements(self.sql)]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the migrations make it.

    columns: those that it is created with, and then those that were added.
    statements: what the migrations do to it, in order.
    comment: a text in quotes, or nothing.
    """

    name: str
    columns: Sequence[Column] = ()
    statements: Sequence[str] = ()
    comment: str = ""

    def named(self, name: str) -> "Table":
        """The table under another name, without conditions: it is made where there is none."""
        made = [_CREATED.sub(rf"\g<1>{name}", each) for each in self.statements]
        return replace(self, name=name, statements=[without_condition(each) for each in made])

    def after(self, statement: str) -> "Table":
        """The table after one more statement."""
        added = [_added(each, self.name) for each in _ADDED.findall(statement)]
        comment = _TABLE_COMMENT.search(statement)
        return replace(
            self,
            columns=[*self.columns, *columns_of(statement), *added],
            statements=[*self.statements, statement],
            comment=comment[1] if comment else self.comment,
        )


@dataclass(frozen=True)
class Schema:
    """migrations: in the order of their numbers. views: each after those that it reads."""

    migrations: Sequence[Migration] = ()
    views: Sequence[View] = ()

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Tables by name."""
        found: dict[str, Table] = {}
        for migration in self.migrations:
            for statement in migration.statements:
                if named := _CREATED.search(statement):
                    name = named[2]
                    found[name] = found.get(name, Table(name)).after(statement)
                elif exchanged := _EXCHANGED.search(statement):
                    beside, name = exchanged.groups()
                    found[name] = found.pop(beside).named(name)
        return found

    def statements(self, migration: Migration) -> list[str]:
        """Those of a migration; a table that is not there yet gets its present form, with nothing to exchange."""
        present = {each.name: each.statements[0] for each in self.tables.values()}
        done = []
        for statement in migration.statements:
            named = _CREATED.search(statement)
            anew = named and named[1].startswith("CREATE") and present.get(named[2])
            done.append(anew or statement)
        return done

    @property
    def exchanged(self) -> list[str]:
        """Tables that got, or get, their form from one beside them, and these."""
        statements = (each for migration in self.migrations for each in migration.statements)
        found = filter(None, map(_EXCHANGED.search, statements))
        return sorted({name for each in found for name in each.groups()})

    @property
    def names(self) -> frozenset[str]:
        """Names of tables and views."""
        return frozenset({*self.tables, *(view.name for view in self.views)})


def load_migrations() -> list[Migration]:
    """The migrations of this version, in the order of their numbers."""
    found = [
        Migration(entry.name.removesuffix(".sql"), entry.read_text(encoding="utf-8"))
        for entry in (files("sinks") / "migrations").iterdir()
        if entry.name.endswith(".sql")
    ]
    return sorted(found, key=lambda migration: migration.name)


def load_schema() -> Schema:
    """That of this version."""
    return Schema(load_migrations(), load_views())


def _added(definition: str, table: str) -> Column:
    """A column that a migration adds, written as in a list of columns."""
    columns = with_comments(f"\n(\n    {definition}\n)\n", f"Table {table}")
    [column] = columns_of(columns)
    return column
