"""Deletes rows in a folder, from its files too, and says so when its disk has no room for that.

ClickHouse keeps parts that were replaced for eight minutes, and removes them then, if it still runs; in a folder it
seldom does. And a mutation for which there is no room waits for it, and tells nobody.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from schemas.errors import SinkError, SinkUnavailable
from sinks.connection import ClickHouse
from sinks.erase import OF_USERS, POLICY, Delete
from sinks.retry import persistently

_POLL_S = 0.05
#: So long, nothing may be at work on what is to be done.
STUCK_S = 5.0
#: Parts that were replaced may go at once; what replaces them is on the disk by then.
_SETTINGS = {"old_parts_lifetime": 0, "min_rows_to_fsync_after_merge": 1, "fsync_part_directory": 1}
_SET = ", ".join(f"{name} = {value}" for name, value in _SETTINGS.items())
#: Drops nothing, as no partition has this id, but lets ClickHouse remove what was replaced.
_REMOVE = "DROP PARTITION ID 'none'"
_TABLE = "database = currentDatabase() AND table = %(table)s"
#: Mutations that are not done, why the latest attempt failed, and how much is at work.
_UNDONE = f"""
SELECT
    count(),
    anyIf(latest_fail_reason, latest_fail_time >= %(begun)s),
    (SELECT count() FROM system.merges WHERE {_TABLE})
FROM system.mutations
WHERE {_TABLE} AND NOT is_done
"""


@contextmanager
def at_once(connection: ClickHouse) -> Iterator[Delete]:
    """How to delete rows so that they leave the files, too: when it is left in good order, they have.

    Raises SinkRejected, SinkUnavailable, on the way in, by what it gives, and on the way out.
    """
    with ExitStack() as stack:
        for table in OF_USERS:
            stack.callback(_reset, connection, table)
            _run(connection, f"ALTER TABLE {table} MODIFY SETTING {_SET}")
        yield _delete
        # Also of tables that had no row: what was merged, or deleted by a command that failed later, may be there.
        for table in OF_USERS:
            _remove_replaced(connection, table)


def _reset(connection: ClickHouse, table: str) -> None:
    # If there is no room for it, what comes before has been told, and the next command does it.
    with suppress(SinkError):
        _run(connection, f"ALTER TABLE {table} RESET SETTING {', '.join(_SETTINGS)}")


def _delete(connection: ClickHouse, table: str, condition: str) -> None:
    [(begun,)] = _run(connection, "SELECT toString(now())")
    _run(connection, f"ALTER TABLE {table} DELETE WHERE {condition}")
    last = time.monotonic()
    while True:
        [(undone, reason, at_work)] = _run(connection, _UNDONE, table=table, begun=begun)
        if not undone:
            return
        if at_work and not reason:
            last = time.monotonic()
        elif time.monotonic() - last > STUCK_S:
            raise _stuck(connection, f"delete the user's rows from {table}", reason)
        time.sleep(_POLL_S)


def _remove_replaced(connection: ClickHouse, table: str) -> None:
    last = time.monotonic()
    while True:
        _run(connection, f"ALTER TABLE {table} {_REMOVE}")
        query = f"SELECT count() FROM system.parts WHERE {_TABLE} AND NOT active"
        [(left,)] = _run(connection, query, table=table)
        if not left:
            return
        if time.monotonic() - last > STUCK_S:
            raise _stuck(
                connection, f"remove {left} replaced parts of {table}, which may name the user"
            )
        time.sleep(_POLL_S)


def _stuck(connection: ClickHouse, what: str, reason: str = "") -> SinkUnavailable:
    why = reason or "nothing was at work on it, as on a disk without room for a copy of what stays"
    return SinkUnavailable(
        f"ClickHouse at {connection.address} did not {what} in {STUCK_S:.0f} s ({why}). Make room on the disk, and "
        "repeat the command."
    )


def _run(connection: ClickHouse, statement: str, **parameters: str) -> list[tuple[Any, ...]]:
    def execute() -> list[tuple[Any, ...]]:
        with connection.client() as client:
            found = client.execute(statement, parameters or None, settings={"mutations_sync": 0})
            return list(found or ())

    return persistently(execute, "removal of a user", connection.address, POLICY)
