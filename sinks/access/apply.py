"""Applies the statements of the files beside it, every time: they leave what is there as it should be.

Which views they name is said by the headers of the views' files. They hold no password. Users are made by whoever runs
the server, and given the roles.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from schemas.errors import SettingsError, SinkRejected
from sinks.connection import ClickHouse
from sinks.differences import NEXT
from sinks.one_migration import LOCK
from sinks.quoting import escaped
from sinks.retry import RetryPolicy, persistently
from sinks.schema import load_schema
from sinks.statements import split_statements
from sinks.templates import environment

MAX_ID_CHARS = 64
#: Between a database and a brand in the name of a brand's role.
BRAND_MARK = ":"

SYNTAX_ERROR = 62
#: Codes that say: this user, or this server, cannot manage access.
NO_MANAGER = frozenset(
    {
        495,  # ACCESS_STORAGE_READONLY
        497,  # ACCESS_DENIED
        514,  # ACCESS_STORAGE_FOR_INSERTION_NOT_FOUND
    }
)


def apply_access(
    connection: ClickHouse, brands: Iterable[str] = (), policy: RetryPolicy | None = None
) -> bool:
    """Create the roles, policies and limits of a migrated database, and the role of each brand.

    Safe to repeat. Brands that were given before and are not now keep their roles.

    Returns whether the verifier may make databases of its own: servers before 24.10 have no grants by prefix.

    Raises SettingsError before anything is done; SinkUnavailable when ClickHouse cannot be reached; SinkRejected when
    our user may not manage access or the server keeps no roles.
    """
    wanted = [*statements(connection.database), *of_brands(connection.database, brands)]

    def run() -> bool:
        with connection.client() as client:
            for statement in wanted:
                _execute(client, statement, connection)
            return _grant_scratch(client, connection)

    return persistently(run, "access rights", connection.address, policy or RetryPolicy())


def statements(database: str) -> list[str]:
    """What makes the roles and all that does not depend on brands.

    Raises SettingsError when the database's name holds the mark of brands.
    """
    if BRAND_MARK in database:
        raise SettingsError(
            f"The database {database} has a {BRAND_MARK!r} in its name, which marks the roles of brands: roles of two "
            "databases could have one name. Choose another name to use --with-access."
        )
    return [*_read("roles.sql", database), *_read("analysts.sql", database)]


def of_brands(database: str, brands: Iterable[str]) -> list[str]:
    """What makes the roles of brands; each once, in order.

    Raises SettingsError when one is no brand_id.
    """
    return [each for brand in _checked(brands) for each in _read("brand.sql", database, brand)]


def scratch_statements(database: str) -> list[str]:
    """What lets the verifier make databases of its own."""
    return list(_read("scratch.sql", database))


def _checked(brands: Iterable[str]) -> Iterator[str]:
    for brand in dict.fromkeys(brands):
        if not 1 <= len(brand) <= MAX_ID_CHARS:
            raise SettingsError(
                f"{brand[:MAX_ID_CHARS]!r} is no brand_id: it must have 1 to {MAX_ID_CHARS} characters, and stand in a "
                "line of its own."
            )
        yield brand


def _read(name: str, database: str, brand: str = "") -> Iterator[str]:
    for statement in split_statements(_rendered(name)):
        parts = statement.split("{database}")
        yield escaped(database).join(part.replace("{brand}", escaped(brand)) for part in parts)


@cache
def _rendered(name: str) -> str:
    """The text of a file with the views of this version, but without database and brand."""
    text = (files("sinks") / "access" / name).read_text(encoding="utf-8")
    rendering = environment()
    rendering.filters["here"] = lambda names: ", ".join(f"`{{database}}`.{name}" for name in names)
    return rendering.from_string(text).render(_views())


def _views() -> dict[str, Any]:
    """What files may use: names of views, and of what they read, by what must be done with them."""
    schema = load_schema()
    materialized = [view for view in schema.views if view.target]
    readable = [view for view in schema.views if not view.target]
    owned = [view for view in readable if view.seen_by and not view.invoker]
    columns = {view.name: view.brand_column for view in owned if view.brand_column}
    read = {name for view in [*owned, *materialized] for name in view.reads}
    return {
        "owned": [view.name for view in owned],
        "with_brand": list(columns),
        "by_brand_column": {
            column: [name for name in columns if columns[name] == column]
            for column in dict.fromkeys(columns.values())
        },
        "readable": [view.name for view in readable],
        "materialized": [view.name for view in materialized],
        "read_by_owned": sorted(read & schema.names),
        "fed": [view.target for view in materialized],
        "seen_by": lambda role: [view.name for view in readable if role in view.seen_by],
        "exchanged": schema.exchanged,
        "lock": LOCK,
        "next": NEXT,
    }


def _execute(client: Client, statement: str, connection: ClickHouse) -> None:
    try:
        client.execute(statement)
    except ServerException as error:
        if error.code not in NO_MANAGER:
            raise
        raise SinkRejected(
            f"ClickHouse at {connection.address} does not let {connection.user} manage roles and row policies "
            f"(code {error.code}): run it as a user with access_management. The embedded server has no accounts. "
            "The tables are up to date; run it again for the rest"
        ) from error


def _grant_scratch(client: Client, connection: ClickHouse) -> bool:
    try:
        for statement in scratch_statements(connection.database):
            _execute(client, statement, connection)
    except ServerException as error:
        if error.code != SYNTAX_ERROR:
            raise
        return False
    return True
