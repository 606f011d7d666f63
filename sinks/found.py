"""What is in a database: its tables and views, and what `migrate` noted of what it did."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from clickhouse_driver import Client

from sinks.quoting import quoted

#: As servers write it into what they keep of a view. INVOKER is what a view is without a word.
_SECURITY = re.compile(
    r"\n(?:DEFINER = (`(?:[^`\\]|\\.)+`|\S+) )?SQL SECURITY (?:DEFINER|INVOKER)(?=\n)"
)

CREATE_HISTORY = """
CREATE TABLE IF NOT EXISTS schema_migrations
(
    name String COMMENT 'Migration that was applied. 已执行的迁移。',
    checksum String COMMENT 'SHA-256 of its file, hexadecimal. 迁移文件的 SHA-256，十六进制。',
    applied_at DateTime64(3, 'Asia/Shanghai') DEFAULT now64(3)
        COMMENT 'When it was applied, Asia/Shanghai time. 执行时间（北京时间）。'
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY name
COMMENT 'Migrations that made this database. 本数据库的迁移记录。'
"""

CREATE_VIEW_HISTORY = """
CREATE TABLE IF NOT EXISTS schema_views
(
    name String COMMENT 'View of the product. 产品的视图。',
    version String COMMENT 'Version of the product that made it as it is. 使其成为现状的产品版本。',
    dropped Bool COMMENT 'It has left the product and was dropped. 已不属于产品，且已删除。',
    applied_at DateTime64(3, 'Asia/Shanghai') DEFAULT now64(3)
        COMMENT 'When it was made or dropped, Asia/Shanghai time. 创建或删除时间（北京时间）。'
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY name
COMMENT 'Views that migrate made in this database. 由 migrate 在本数据库创建的视图记录。'
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A table or view of the database.

    statement: what creates it, as this server writes it.
    comment: of the whole. columns: name → type and comment; none of a view with parameters.
    """

    statement: str
    comment: str
    columns: Mapping[str, tuple[str, str]]

    @property
    def text(self) -> str:
        """The statement, but for the user in whose name a view reads."""
        return _SECURITY.sub("", self.statement)

    @property
    def owner(self) -> str:
        """The user in whose name a view reads; empty where it is whoever asks."""
        found = _SECURITY.search(self.statement)
        return re.sub(r"\\(.)", r"\1", (found[1] or "").strip("`")) if found else ""


@dataclass(frozen=True, slots=True)
class Found:
    """stored: tables and views by name.

    applied: migration → checksum. made: view of ours → version of the product that made it.
    dropped: views that were ours.
    """

    stored: Mapping[str, Stored] = field(default_factory=dict)
    applied: Mapping[str, str] = field(default_factory=dict)
    made: Mapping[str, str] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()


def look(client: Client, database: str) -> Found:
    """What is in a database; nothing, where there is none."""
    stored, here = _stored(client, database), quoted(database)
    applied, made, dropped = {}, {}, set()
    if "schema_migrations" in stored:
        applied = dict(client.execute(f"SELECT name, checksum FROM {here}.schema_migrations FINAL"))
    if "schema_views" in stored:
        for name, version, gone in client.execute(
            f"SELECT name, version, dropped FROM {here}.schema_views FINAL"
        ):
            if gone:
                dropped.add(name)
            else:
                made[name] = version
    return Found(stored, applied, made, frozenset(dropped))


def as_written(client: Client, statement: str) -> str:
    """A statement as this server would keep it. The server refuses what it cannot parse."""
    [(written,)] = client.execute("SELECT formatQuery(%(statement)s)", {"statement": statement})
    return _SECURITY.sub("", written)


def _stored(client: Client, database: str) -> dict[str, Stored]:
    columns: dict[str, dict[str, tuple[str, str]]] = {}
    for table, *column in client.execute(
        "SELECT table, name, type, comment FROM system.columns WHERE database = %(database)s",
        {"database": database},
    ):
        name, kind, comment = column
        columns.setdefault(table, {})[name] = (kind, comment)
    rows = client.execute(
        "SELECT name, coalesce(formatQueryOrNull(create_table_query), create_table_query), comment"
        " FROM system.tables WHERE database = %(database)s AND NOT is_temporary",
        {"database": database},
    )
    # A table that is being dropped has no text any more.
    return {
        name: Stored(statement, comment, columns.get(name, {}))
        for name, statement, comment in rows
        if statement
    }
