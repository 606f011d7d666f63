"""The rows of one user leave all tables, and no others."""

from collections.abc import Callable
from typing import Any

import pytest

import sinks.erase
from schemas.codec import Codec
from schemas.errors import SinkError, SinkRejected, SinkUnavailable
from schemas.registry import DirectoryRegistry
from schemas.topics import NOTE_VIEWS
from sinks.connection import ClickHouse
from sinks.erase import OF_USERS, count, erase, mutate
from sinks.retry import RetryPolicy
from sinks.tables import CLICKS, DEAD_LETTERS, PROGRESS, TABLES
from streams.erasure.letters import Owner

Query = Callable[[str], list[tuple[Any, ...]]]

AT = "toDateTime64('2025-06-17 12:00:00', 3, 'Asia/Shanghai')"
FACTS = f"""
INSERT INTO touches (kind, brand_id, note_id, user_id, occurred_at)
    SELECT 'view', 'b', 'n', arrayJoin(%(users)s), {AT} + number FROM numbers(3);
INSERT INTO touches (kind, brand_id, note_id, user_id, click_id, occurred_at)
    SELECT 'click', 'b', 'n', arrayJoin(%(users)s) AS u, u, {AT};
INSERT INTO order_events (kind, brand_id, user_id, sub_order_id, txn_id, occurred_at)
    SELECT 'PAY', 'b', arrayJoin(%(users)s) AS u, u, concat(u, toString(number)), {AT} FROM numbers(2);
INSERT INTO conversions (brand_id, sub_order_id, user_id, paid_at, version)
    SELECT 'b', arrayJoin(%(users)s) AS u, u, {AT}, 1
"""


CODEC = Codec(DirectoryRegistry())


def owner(user_id: str) -> Owner:
    return Owner(user_id, CODEC)


def fill(connection: ClickHouse, *users: str) -> None:
    with connection.client() as client:
        for statement in FACTS.split(";"):
            client.execute(statement, {"users": list(users)})


def letter(connection: ClickHouse, offset: int, key: bytes | None, payload: bytes | None) -> None:
    columns = "(topic, `partition`, `offset`, reason, key, payload, kafka_timestamp)"
    values = ", ".join("NULL" if v is None else f"unhex('{v.hex()}')" for v in (key, payload))
    with connection.client() as client:
        client.execute(
            f"INSERT INTO dead_letters {columns} SELECT '{NOTE_VIEWS}', 0, {offset}, 'undecodable', {values}, {AT}"
        )


def test_every_table_is_thought_of() -> None:
    assert set(OF_USERS) == TABLES.keys() - {PROGRESS} | {CLICKS}


@pytest.mark.parametrize("gone", ["u1", "用户", "it's", "back\\slash", "%s", "x" * 64])
def test_the_rows_of_one_user_and_no_others(fresh_database: ClickHouse, gone: str) -> None:
    fill(fresh_database, gone, "u12")
    letter(fresh_database, 1, gone.encode(), b"junk")
    letter(fresh_database, 2, b"u12", b"junk")
    others = count(fresh_database, owner("u12"))
    assert erase(fresh_database, owner(gone)) == {
        "touches": 4,
        "clicks": 1,
        "order_events": 2,
        "journeys": 1,
        "conversions": 1,
        "dead_letters": 1,
    }
    assert not any(count(fresh_database, owner(gone)).values())
    assert count(fresh_database, owner("u12")) == others
    assert not any(erase(fresh_database, owner(gone)).values())


VIEW = {"brand_id": "b", "occurred_at": 1_750_000_000_000, "surface": "SEARCH", "promoted": False}


@pytest.mark.parametrize(
    ("user_id", "key", "payload", "theirs"),
    [
        ("张三", "张三".encode(), b"junk", True),
        ("张三", "张三丰".encode(), "张三".encode(), False),
        ("a", b"a.b", b"a", False),
        ("u1", None, None, False),
        ("u1", None, b"\xffu1\xfe", True),
        ("u1", b"k", b'{"user_id": "\\u0075\\u0031"}', True),
        ("u1", b"k", CODEC.encode(NOTE_VIEWS, VIEW | {"user_id": "u1", "note_id": ""}), True),
        ("u1", b"k", CODEC.encode(NOTE_VIEWS, VIEW | {"user_id": "k", "note_id": "u1"}), False),
    ],
)
def test_dead_letters(
    fresh_database: ClickHouse, user_id: str, key: bytes | None, payload: bytes | None, theirs: bool
) -> None:
    """As `streams.erasure.letters` knows them, which has more of them."""
    letter(fresh_database, 1, key, payload)
    letter(fresh_database, 1, b"of another epoch, at the same place", b"junk")
    assert count(fresh_database, owner(user_id))[DEAD_LETTERS] == theirs
    assert erase(fresh_database, owner(user_id))[DEAD_LETTERS] == theirs
    with fresh_database.client() as client:
        assert client.execute("SELECT count() FROM dead_letters") == [(2 - theirs,)]


def test_many_dead_letters(fresh_database: ClickHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks.erase, "_LETTERS_AT_ONCE", 2)
    for offset in range(10):
        letter(fresh_database, offset, b"u2" if offset % 3 else b"u1", b"u1, or another")
    assert erase(fresh_database, owner("u1"))[DEAD_LETTERS] == 4
    assert count(fresh_database, owner("u2"))[DEAD_LETTERS] == 6


def test_what_the_server_keeps_of_a_deletion_does_not_name_the_user(
    fresh_database: ClickHouse,
) -> None:
    fill(fresh_database, "somebody")
    letter(fresh_database, 1, b"somebody", b"junk")
    erase(fresh_database, owner("somebody"))
    with fresh_database.client() as client:
        commands = client.execute(
            "SELECT command FROM system.mutations WHERE database = currentDatabase()"
        )
    assert len(commands) >= len(OF_USERS)
    assert not [command for (command,) in commands if "somebody" in command]


def test_rows_that_come_meanwhile_are_told(fresh_database: ClickHouse) -> None:
    fill(fresh_database, "u1")

    def overtaken(connection: ClickHouse, table: str, condition: str) -> None:
        mutate(connection, table, condition)
        if table == "conversions":
            fill(connection, "u1")

    with pytest.raises(SinkError, match=r"\(touches: 4, .*Repeat the command\.$"):
        erase(fresh_database, owner("u1"), overtaken)
    erase(fresh_database, owner("u1"))


def test_tables_that_are_not_there(empty_database: ClickHouse) -> None:
    with pytest.raises(SinkRejected, match="refused the count of the user's rows: code 81"):
        count(empty_database, owner("u1"))


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks.erase, "POLICY", RetryPolicy(attempts=1))
    with pytest.raises(SinkUnavailable, match="did not take the count of the user's rows"):
        count(ClickHouse(port=1), owner("u1"))
