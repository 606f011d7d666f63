"""Creates the database and brings its tables and views up to date.

Each numbered file in sinks/migrations is applied once, in the order of the numbers, and noted with
its checksum in `schema_migrations`. Its statements are all CREATE … IF NOT EXISTS or the like, or
have a condition ("only while touches lacks published_at"), so that a file cut short by a crash can
be applied again. Names are not qualified by a database and engines have no paths or replica names:
the database is a setting, and a Replicated database and engines can stand in for the plain ones.

Views have no migrations: what their files say is compared with what is there, see
sinks/views/README.md.
"""

import random
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from schemas.errors import SinkRejected
from sinks.connection import ClickHouse
from sinks.differences import Difference, differences
from sinks.found import CREATE_HISTORY, CREATE_VIEW_HISTORY, look
from sinks.one_migration import alone
from sinks.quoting import quoted
from sinks.retry import RetryPolicy, in_short, is_retryable, persistently
from sinks.schema import Migration, Schema, load_migrations, load_schema
from sinks.statements import condition_of, split_statements

__all__ = [
    "Migration",
    "check_migrated",
    "check_server",
    "load_migrations",
    "migrate",
    "missing",
    "split_statements",
]

#: The oldest release that is tried: `make engines` compares what every view answers there.
MINIMUM_SERVER = (24, 8)

#: Rounds of looking and mending. More than two are for another `migrate` that does the same.
ROUNDS: Final = 8
#: Codes that say: another `migrate` was faster.
OVERTAKEN: Final = frozenset(
    {
        16,  # NO_SUCH_COLUMN_IN_TABLE, of one that was exchanged at the same moment
        44,  # ILLEGAL_COLUMN, the same
        47,  # UNKNOWN_IDENTIFIER, the same
        57,  # TABLE_ALREADY_EXISTS
        46,  # UNKNOWN_FUNCTION, of a view with parameters
        60,  # UNKNOWN_TABLE
        218,  # TABLE_IS_DROPPED
        517,  # CANNOT_ASSIGN_ALTER
    }
)
#: Code of a server that does not let us read what a view reads.
ACCESS_DENIED: Final = 497
#: Told of at once; the rest are counted.
MOST_TOLD: Final = 3


def migrate(
    connection: ClickHouse, schema: Schema | None = None, policy: RetryPolicy | None = None
) -> list[str]:
    """Create the database if there is none and mend what differs from what it must have.

    schema: that of this version, when None.

    Returns what was done, a line each, in order. Safe to run from several processes at once.

    Raises SinkUnavailable when ClickHouse cannot be reached; SinkRejected when it is older than
    MINIMUM_SERVER, refuses a statement, or its database was made by a newer version or from other
    files. A view that the server refuses leaves all views as they were.
    """
    wanted = schema or load_schema()
    done: dict[str, None] = {}

    def run() -> None:
        _create_database(connection)
        with connection.patient().client() as client:
            client.execute(CREATE_HISTORY)
            client.execute(CREATE_VIEW_HISTORY)
            _mend(client, connection.database, wanted, done)

    persistently(run, "migration", connection.address, policy or RetryPolicy())
    return list(done)


def missing(connection: ClickHouse, schema: Schema | None = None) -> list[str]:
    """What differs from what a database of this version has, a line each; it changes nothing.

    schema: that of this version, when None.

    Raises what `migrate` raises.
    """
    wanted = schema or load_schema()

    def compare() -> list[str]:
        with connection.client(database="") as client:
            [(version,)] = client.execute("SELECT version()")
            check_server(version)
            found = look(client, connection.database)
            if not found.stored:
                return [f"there is no database {connection.database}, or nothing is in it"]
            told = differences(client, connection.database, wanted, found)
        # Views with parameters are found in the current database only.
        with connection.client() as client:
            return [f"{each.told}{_refusal(client, each)}" for each in told if each.told]

    return persistently(compare, "check of migrations", connection.address, RetryPolicy(attempts=1))


def _refusal(client: Client, difference: Difference) -> str:
    """Why the server will not take what is to be made, as far as it can be known without making it."""
    if not difference.analysis:
        return ""
    try:
        client.execute(difference.analysis)
    except ServerException as error:
        if is_retryable(error):
            raise
        if error.code != ACCESS_DENIED:
            return f", and the server refuses its text: {in_short(error)}"
    return ""


def check_migrated(connection: ClickHouse) -> None:
    """Raise SinkRejected when a database is not as this version has it, and what `migrate` raises."""
    if lacking := missing(connection):
        more = len(lacking) - MOST_TOLD
        told = "; ".join(lacking[:MOST_TOLD]) + (f"; and {more} more" if more > 0 else "")
        raise SinkRejected(f"{connection.address} answers, but {told}: run `zhongcao migrate`.")


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


def _mend(client: Client, database: str, schema: Schema, done: dict[str, None]) -> None:
    """Look and mend until nothing differs. done: what was done so far, to which more is added."""
    for left in reversed(range(ROUNDS)):
        found = differences(client, database, schema, look(client, database))
        if not any(each.statements for each in found):
            break
        try:
            _mend_once(client, database, found, done)
        except ServerException as error:
            if error.code not in OVERTAKEN or not left:
                raise
            time.sleep(random.uniform(0, 0.2))
    if found:
        told = "; ".join(each.told for each in found if each.told)
        raise SinkRejected(f"database {database} is not as it must be, and it was left so: {told}")


def _mend_once(
    client: Client, database: str, found: Sequence[Difference], done: dict[str, None]
) -> None:
    if migrations := [each for each in found if each.migration]:
        with alone(client, database) as waited:
            if not waited:
                for each in migrations:
                    _execute(client, each, done)
        # What was found is not what is there now.
        return
    first_view = next((i for i, each in enumerate(found) if each.trial), len(found))
    for each in found[:first_view]:
        _execute(client, each, done)
    _try(client, found[first_view:])
    for each in found[first_view:]:
        _execute(client, each, done)


def _try(client: Client, found: Sequence[Difference]) -> None:
    """Make the new texts of views under other names, and drop them: the server refuses before anything changes."""
    with ExitStack() as stack:
        for each in found:
            if each.trial:
                make, analyse, drop = each.trial
                stack.callback(client.execute, drop)
                client.execute(make)
                client.execute(analyse)


def _execute(client: Client, difference: Difference, done: dict[str, None]) -> None:
    for statement in difference.statements:
        condition = condition_of(statement)
        if condition is None or client.execute(condition.found):
            client.execute(statement)
    if difference.mended:
        done[difference.mended] = None
