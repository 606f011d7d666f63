"""One `migrate` at a time changes tables: what exchanges their names must not meet another that had looked before."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from schemas.errors import SinkUnavailable
from sinks.quoting import literal

#: The table that is there as long as somebody changes others; its comment says who.
LOCK: Final = "schema_migrating"
#: How long another is waited for, and how often it is looked at, in seconds.
PATIENCE_S, LOOK_S = 3600.0, 0.2
TABLE_ALREADY_EXISTS: Final = 57
#: Databases that this process holds.
_HERE: Final[set[str]] = set()


@contextmanager
def alone(client: Client, database: str, patience_s: float = PATIENCE_S) -> Iterator[bool]:
    """Inside, no other `migrate` of this version or a later one changes tables of the database; did one just now?

    One that was killed has left its mark: on the same machine that is known, and from another it must be removed.

    Raises SinkUnavailable, if somebody else holds it for too long.
    """
    begun, me = time.monotonic(), f"{socket.gethostname()} {os.getpid()}"
    waited = False
    while not _made(client, me):
        waited = True
        holder = _holder(client)
        if holder is not None and database not in _HERE and _has_died(holder):
            _drop(client)
        elif time.monotonic() - begun > patience_s:
            raise SinkUnavailable(
                f"Another `zhongcao migrate` ({holder}: machine and process) is changing tables of the database "
                f"{database}, for {patience_s:.0f} s already: wait for it. If it was killed, `DROP TABLE "
                f"{database}.{LOCK}`, and run this again."
            )
        else:
            time.sleep(LOOK_S)
    _HERE.add(database)
    try:
        yield waited
    finally:
        _HERE.discard(database)
        _drop(client)


def _made(client: Client, me: str) -> bool:
    try:
        client.execute(f"CREATE TABLE {LOCK} (nothing UInt8) ENGINE = Memory COMMENT {literal(me)}")
    except ServerException as error:
        if error.code != TABLE_ALREADY_EXISTS:
            raise
        return False
    return True


def _holder(client: Client) -> str | None:
    """Who holds it, None if nobody does any more."""
    found = client.execute(
        "SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = %(name)s",
        {"name": LOCK},
    )
    return found[0][0] if found else None


def _has_died(holder: str) -> bool:
    """Is a process of this machine gone? One with our own number was before us, as in a container."""
    machine, _, number = holder.rpartition(" ")
    if machine != socket.gethostname() or not number.isdigit():
        return False
    if int(number) == os.getpid():
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


def _drop(client: Client) -> None:
    client.execute(f"DROP TABLE IF EXISTS {LOCK}")
