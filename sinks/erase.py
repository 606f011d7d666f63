"""Deletes what the tables hold of a user."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Final, Protocol, TypeVar

from clickhouse_driver import Client

from schemas.errors import SinkError
from sinks.connection import ClickHouse
from sinks.retry import RetryPolicy, persistently
from sinks.tables import CLICKS, CONVERSIONS, DEAD_LETTERS, JOURNEYS, ORDER_EVENTS, TOUCHES

#: The server would keep the id in the text of our statements.
_UNLOGGED = {"log_queries": 0}
#: Whoever forgets a user waits for it.
POLICY = RetryPolicy(attempts=3)

#: Tables whose rows are those with the user's id.
_OWNED = (TOUCHES, CLICKS, ORDER_EVENTS, JOURNEYS, CONVERSIONS)
#: All that hold anything of users.
OF_USERS: Final = (*_OWNED, DEAD_LETTERS)

#: All letters that can be a user's, and others; in JSON, the id may be escaped.
_NAMING = """
    key = %(user_id)s
    OR position(payload, %(user_id)s) > 0
    OR JSONExtractString(ifNull(payload, ''), 'user_id') = %(user_id)s
"""
#: By what a letter is deleted: rows of one place may be different ones, of topics that were made anew.
_MARK = (
    "cityHash64(topic, `partition`, `offset`, reason, detail, ifNull(key, ''), ifNull(payload, ''))"
)
_LETTERS_AT_ONCE = 1000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that could not be used: what of it tells whose it is."""

    topic: str
    key: bytes | None
    payload: bytes | None


class Person(Protocol):
    """A user, and which dead letters are the user's."""

    @property
    def user_id(self) -> str: ...
    def owns(self, letters: Sequence[Letter]) -> Sequence[bool]: ...


#: Deletes the rows of a table that meet a condition, and returns when that is done.
Delete = Callable[[ClickHouse, str, str], None]


def count(connection: ClickHouse, person: Person) -> dict[str, int]:
    """How many rows each table holds of a user, those that are not merged yet included.

    Raises SinkRejected, SinkUnavailable.
    """
    return _owned(connection, person) | {DEAD_LETTERS: len(_marks(connection, person))}


def erase(connection: ClickHouse, person: Person, delete: Delete | None = None) -> dict[str, int]:
    """Delete the rows of a user; how many each table held.

    delete: how; with mutations of the server, until all replicas have done so, unless something else is given.

    Raises SinkRejected, SinkUnavailable; SinkError, when rows came meanwhile.
    """
    delete = delete or mutate
    found, marks = _owned(connection, person), _marks(connection, person)
    for table in (table for table, rows in found.items() if rows):
        # The text of a mutation is kept: the hash in it is what is known of the user from now on anyway.
        delete(connection, table, f"lower(hex(SHA256(user_id))) = '{_hash(person)}'")
    for some in _some_at_once(sorted(set(marks))):
        delete(connection, DEAD_LETTERS, f"{_MARK} IN ({', '.join(map(str, some))})")
    if left := {table: rows for table, rows in count(connection, person).items() if rows}:
        told = ", ".join(f"{table}: {rows}" for table, rows in left.items())
        raise SinkError(
            f"ClickHouse at {connection.address} holds rows of the user that came while others were being removed "
            f"({told}): a worker that was paused has woken up, or one of another group writes here. Repeat the command."
        )
    return found | {DEAD_LETTERS: len(marks)}


def mutate(connection: ClickHouse, table: str, condition: str) -> None:
    """Delete rows on all replicas. Raises SinkRejected, SinkUnavailable."""

    def alter() -> None:
        with connection.patient().client() as client:
            client.execute(
                f"ALTER TABLE {table} DELETE WHERE {condition}", settings={"mutations_sync": 2}
            )

    persistently(alter, f"deletion of the user's rows from {table}", connection.address, POLICY)


def _owned(connection: ClickHouse, person: Person) -> dict[str, int]:
    def ask() -> dict[str, int]:
        with connection.patient().client() as client:
            return {
                table: client.execute(
                    f"SELECT count() FROM {table} WHERE user_id = %(user_id)s",
                    {"user_id": person.user_id},
                    settings=_UNLOGGED,
                )[0][0]
                for table in _OWNED
            }

    return persistently(ask, "count of the user's rows", connection.address, POLICY)


def _marks(connection: ClickHouse, person: Person) -> list[int]:
    """Those of the letters that are the user's, one for each row."""

    def ask() -> list[int]:
        with connection.patient().client() as client:
            return [
                mark
                for some in _some_at_once(_naming(client, person.user_id))
                for mark, theirs in _judged(some, person)
                if theirs
            ]

    return persistently(ask, "search for the user's dead letters", connection.address, POLICY)


def _naming(client: Client, user_id: str) -> Iterator[tuple[int, Letter]]:
    rows = client.execute_iter(
        f"SELECT {_MARK}, topic, key, payload FROM {DEAD_LETTERS} WHERE {_NAMING}",
        {"user_id": user_id},
        settings={**_UNLOGGED, "max_block_size": _LETTERS_AT_ONCE},
    )
    for mark, topic, key, payload in rows:
        yield mark, Letter(topic, _raw(key), _raw(payload))


def _some_at_once(items: Iterable[T]) -> Iterator[tuple[T, ...]]:
    rest = iter(items)
    while some := tuple(islice(rest, _LETTERS_AT_ONCE)):
        yield some


def _judged(some: Iterable[tuple[int, Letter]], person: Person) -> Iterator[tuple[int, bool]]:
    marks, letters = zip(*some, strict=True)
    return zip(marks, person.owns(letters), strict=True)


def _raw(value: str | bytes | None) -> bytes | None:
    """The driver gives what is no UTF-8 as bytes."""
    return value.encode() if isinstance(value, str) else value


def _hash(person: Person) -> str:
    return sha256(person.user_id.encode()).hexdigest()
