"""Deletes what the tables hold of a user."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from schemas.errors import SinkError
from schemas.varint import encode_long
from sinks.connection import ClickHouse
from sinks.retry import RetryPolicy, persistently
from sinks.tables import CONVERSIONS, DEAD_LETTERS, JOURNEYS, ORDER_EVENTS, TOUCHES

#: ClickHouse writes every part anew that holds a row of the user, and says nothing meanwhile.
ANSWER_TIMEOUT_S = 3600.0
#: The server would keep the id in the text of our statements.
_UNLOGGED = {"log_queries": 0}
_POLICY = RetryPolicy(attempts=3)

_OWN = "user_id = %(user_id)s"
#: By key; by the id as Avro has it, behind its length; or by the id between anything that cannot belong to an id.
_IN_LETTER = """(
    key = %(user_id)s
    OR position(payload, unhex(%(avro)s)) > 0
    OR arrayExists(
        (before, after) -> NOT match(right(before, 1), '[0-9A-Za-z_-]') AND NOT match(left(after, 1), '[0-9A-Za-z_-]'),
        arrayPopBack(splitByString(%(user_id)s, ifNull(payload, ''))),
        arrayPopFront(splitByString(%(user_id)s, ifNull(payload, '')))
    )
)"""

#: Table → which rows are a user's.
OF_USER: Final[Mapping[str, str]] = MappingProxyType(
    {
        TOUCHES: _OWN,
        ORDER_EVENTS: _OWN,
        JOURNEYS: _OWN,
        CONVERSIONS: _OWN,
        DEAD_LETTERS: _IN_LETTER,
    }
)


def count(connection: ClickHouse, user_id: str) -> dict[str, int]:
    """How many rows each table holds of a user, those that are not merged yet included.

    Raises SinkRejected, SinkUnavailable.
    """

    def ask() -> dict[str, int]:
        with _patient(connection).client() as client:
            return {
                table: client.execute(
                    f"SELECT count() FROM {table} WHERE {mine}",
                    _parameters(user_id),
                    settings=_UNLOGGED,
                )[0][0]
                for table, mine in OF_USER.items()
            }

    return persistently(ask, "count of the user's rows", connection.address, _POLICY)


def erase(connection: ClickHouse, user_id: str) -> dict[str, int]:
    """Delete the rows of a user; how many each table held.

    It returns when all replicas have done so. Dead letters are the user's by their key, or if their payload holds the
    id as a word of its own: that of u1 is not in u12.

    Raises SinkRejected, SinkUnavailable; SinkError, when rows came meanwhile.
    """
    found = count(connection, user_id)
    for table in (table for table, rows in found.items() if rows):
        _delete(connection, table, user_id)
    if left := {table: rows for table, rows in count(connection, user_id).items() if rows}:
        told = ", ".join(f"{table}: {rows}" for table, rows in left.items())
        raise SinkError(
            f"ClickHouse at {connection.address} holds rows of the user that came while others were being removed "
            f"({told}): a worker that was paused has woken up, or one of another group writes here. Repeat the command."
        )
    return found


def _delete(connection: ClickHouse, table: str, user_id: str) -> None:
    def alter() -> None:
        with _patient(connection).client() as client:
            client.execute(
                f"ALTER TABLE {table} DELETE WHERE {OF_USER[table]}",
                _parameters(user_id),
                settings={"mutations_sync": 2, **_UNLOGGED},
            )

    persistently(alter, f"deletion of the user's rows from {table}", connection.address, _POLICY)


def _patient(connection: ClickHouse) -> ClickHouse:
    return replace(connection, timeout_s=max(connection.timeout_s, ANSWER_TIMEOUT_S))


def _parameters(user_id: str) -> dict[str, Any]:
    raw = user_id.encode()
    return {"user_id": user_id, "avro": (encode_long(len(raw)) + raw).hex()}
