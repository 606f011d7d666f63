"""Creates the database and brings its tables up to date, from the numbered files in sinks/ddl.

Each file is applied once, in the order of the numbers, and remembered with its checksum in
`schema_migrations`. Its statements are all CREATE … IF NOT EXISTS or the like, so that a file cut
short by a crash can be applied again. Names are not qualified by a database and engines have no
paths or replica names: the database is a setting, and a Replicated database and engines can stand
in for the plain ones.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from clickhouse_driver import Client

from schemas.errors import SinkRejected
from sinks.connection import ClickHouse
from sinks.quoting import quoted
from sinks.retry import RetryPolicy, persistently

#: The first long-term release whose default analyzer reads our views: settings and FINAL inside a
#: view, filters that reach the tables through it.
MINIMUM_SERVER = (24, 3)

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

# A doubled quote inside quotes reads as two quoted tokens, which is as good here.
_TOKEN = re.compile(
    r"""
    '(?:[^'\\]|\\.)*(?:'|\Z) | "(?:[^"\\]|\\.)*(?:"|\Z) | `(?:[^`\\]|\\.)*(?:`|\Z)
    | --[^\n]* | /\*.*?(?:\*/|\Z)
    | ; | [^;'"`/-]+ | .
    """,
    re.VERBOSE | re.DOTALL,
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


def load_migrations() -> list[Migration]:
    """The migrations of this version, in the order of their numbers."""
    folder = files("sinks") / "ddl"
    found = [
        Migration(entry.name.removesuffix(".sql"), entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".sql")
    ]
    return sorted(found, key=lambda migration: migration.name)


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


def migrate(
    connection: ClickHouse,
    migrations: Sequence[Migration] | None = None,
    policy: RetryPolicy | None = None,
) -> list[str]:
    """Create the database if there is none and apply the migrations that it lacks.

    migrations: those of this version, when None.

    Returns the names of those that were applied now, in order. Safe to run from several processes
    at once.

    Raises SinkUnavailable when ClickHouse cannot be reached; SinkRejected when it is older than
    MINIMUM_SERVER, refuses a statement, or its database was made by a newer version or from other
    files.
    """
    wanted = load_migrations() if migrations is None else migrations

    applied: list[str] = []

    def run() -> None:
        _create_database(connection)
        with connection.client() as client:
            client.execute(CREATE_HISTORY)
            history = dict(client.execute("SELECT name, checksum FROM schema_migrations FINAL"))
            for migration in pending(wanted, history, connection.database):
                _apply(client, migration)
                applied.append(migration.name)

    persistently(run, "migration", connection.address, policy or RetryPolicy())
    return applied


def missing(connection: ClickHouse) -> list[str]:
    """Names of the migrations of this version that a database lacks; it changes nothing.

    Raises what `migrate` raises.
    """

    def look() -> list[str]:
        with connection.client(database="") as client:
            [(version,)] = client.execute("SELECT version()")
            check_server(version)
            [(exists,)] = client.execute(
                "SELECT count() FROM system.tables"
                " WHERE database = %(database)s AND name = 'schema_migrations'",
                {"database": connection.database},
            )
        if not exists:
            return [migration.name for migration in load_migrations()]
        with connection.client() as client:
            history = dict(client.execute("SELECT name, checksum FROM schema_migrations FINAL"))
        return [m.name for m in pending(load_migrations(), history, connection.database)]

    return persistently(look, "check of migrations", connection.address, RetryPolicy(attempts=1))


def check_migrated(connection: ClickHouse) -> None:
    """Raise SinkRejected when a database lacks migrations of this version, and what `migrate` raises."""
    if lacking := missing(connection):
        raise SinkRejected(
            f"{connection.address} answers, but {', '.join(lacking)} was not applied: run `zhongcao migrate`."
        )


def pending(
    wanted: Iterable[Migration], history: Mapping[str, str], database: str
) -> list[Migration]:
    """The wanted migrations that are not in the history, {name: checksum}.

    Raises SinkRejected when the history has others, or the same with other checksums.
    """
    by_name = {migration.name: migration for migration in wanted}
    if newer := sorted(history.keys() - by_name.keys()):
        raise SinkRejected(
            f"database {database} has migrations that this version does not know: "
            f"{', '.join(newer)}. Run the version that made them, or a newer one"
        )
    changed = [name for name in history if by_name[name].checksum != history[name]]
    if changed:
        raise SinkRejected(
            f"database {database} was made from other files than these: "
            f"{', '.join(sorted(changed))}. Never edit a migration that has been applied: put the "
            "change into a new file"
        )
    return [migration for name, migration in sorted(by_name.items()) if name not in history]


def check_server(version: str) -> None:
    """Raise SinkRejected when a server of this version ("24.3.1.5") is too old."""
    release = tuple(int(part) for part in version.split(".")[:2])
    if release < MINIMUM_SERVER:
        minimum = ".".join(map(str, MINIMUM_SERVER))
        raise SinkRejected(
            f"ClickHouse {version} is too old: it must be at least {minimum}. Upgrade the server"
        )


def _create_database(connection: ClickHouse) -> None:
    with connection.client(database="") as client:
        [(version,)] = client.execute("SELECT version()")
        check_server(version)
        client.execute(f"CREATE DATABASE IF NOT EXISTS {quoted(connection.database)}")


def _apply(client: Client, migration: Migration) -> None:
    for statement in split_statements(migration.sql):
        client.execute(statement)
    row = [(migration.name, migration.checksum)]
    client.execute("INSERT INTO schema_migrations (name, checksum) VALUES", row)
