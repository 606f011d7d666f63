"""The rows of one user leave all tables, and no others."""

from collections.abc import Callable
from typing import Any

import pytest

import sinks.erase
from schemas.errors import SinkError, SinkRejected, SinkUnavailable
from schemas.varint import encode_long
from sinks.connection import ClickHouse
from sinks.erase import OF_USER, count, erase
from sinks.retry import RetryPolicy
from sinks.tables import DEAD_LETTERS, PROGRESS, TABLES

Query = Callable[[str], list[tuple[Any, ...]]]

AT = "toDateTime64('2025-06-17 12:00:00', 3, 'Asia/Shanghai')"
FACTS = f"""
INSERT INTO touches (kind, brand_id, note_id, user_id, occurred_at, in_time)
    SELECT 'view', 'b', 'n', arrayJoin(%(users)s), {AT} + number, 1 FROM numbers(3);
INSERT INTO order_events (kind, brand_id, user_id, sub_order_id, txn_id, occurred_at, in_time)
    SELECT 'PAY', 'b', arrayJoin(%(users)s) AS u, u, concat(u, toString(number)), {AT}, 1 FROM numbers(2);
INSERT INTO conversions (brand_id, sub_order_id, user_id, paid_at, version)
    SELECT 'b', arrayJoin(%(users)s) AS u, u, {AT}, 1
"""


def fill(connection: ClickHouse, *users: str) -> None:
    with connection.client() as client:
        for statement in FACTS.split(";"):
            client.execute(statement, {"users": list(users)})


def letter(connection: ClickHouse, offset: int, key: bytes | None, payload: bytes | None) -> None:
    columns = "(topic, `partition`, `offset`, reason, key, payload, kafka_timestamp)"
    values = ", ".join("NULL" if v is None else f"unhex('{v.hex()}')" for v in (key, payload))
    with connection.client() as client:
        client.execute(
            f"INSERT INTO dead_letters {columns} SELECT 't', 0, {offset}, 'undecodable', {values}, {AT}"
        )


def test_every_table_is_thought_of() -> None:
    assert OF_USER.keys() == TABLES.keys() - {PROGRESS}


@pytest.mark.parametrize("gone", ["u1", "用户", "it's", "back\\slash", "%s", "x" * 64])
def test_the_rows_of_one_user_and_no_others(fresh_database: ClickHouse, gone: str) -> None:
    fill(fresh_database, gone, "u12")
    letter(fresh_database, 1, gone.encode(), b"junk")
    letter(fresh_database, 2, b"u12", b"junk")
    others = count(fresh_database, "u12")
    assert erase(fresh_database, gone) == {
        "touches": 3,
        "order_events": 2,
        "journeys": 1,
        "conversions": 1,
        "dead_letters": 1,
    }
    assert not any(count(fresh_database, gone).values())
    assert count(fresh_database, "u12") == others
    assert not any(erase(fresh_database, gone).values())


def avro(text: str) -> bytes:
    return encode_long(len(text.encode())) + text.encode()


HEAD = b"\x00\x00\x00\x00\x01"
LONG = "x" * 64


@pytest.mark.parametrize(
    ("user_id", "key", "payload", "theirs"),
    [
        ("u1", b"u1", b"junk", True),
        ("u1", b"u12", b"junk", False),
        ("u1", None, None, False),
        ("u1", None, b"", False),
        ("u1", None, b"u1", True),
        ("u1", b"k", HEAD + avro("u1") + avro("n1"), True),
        ("u1", b"k", HEAD + avro("u12") + avro("n1"), False),
        ("u1", b"k", HEAD + avro("nu1"), False),
        # The length of what follows, 24 characters, is the digit 0.
        ("u1", b"k", HEAD + avro("u1") + avro("x" * 24), True),
        (LONG, b"k", HEAD + avro(LONG) + avro("x" * 24), True),
        ("u1", b"k", b'{"user_id": "u1"}', True),
        ("u1", b"k", b'{"user_id": "u12", "note_id": "au1"}', False),
        ("u1", b"k", b'{"user_id": "u12", "also": "u1"}', True),
        ("u1", b"k", b"\xffu1\xfe", True),
        ("u1", b"k", b"a-u1", False),
        ("用户", b"k", "id=用户;".encode(), True),
    ],
)
def test_whose_a_dead_letter_is(
    fresh_database: ClickHouse, user_id: str, key: bytes | None, payload: bytes | None, theirs: bool
) -> None:
    letter(fresh_database, 1, key, payload)
    assert erase(fresh_database, user_id)[DEAD_LETTERS] == theirs
    with fresh_database.client() as client:
        assert client.execute("SELECT count() FROM dead_letters") == [(not theirs,)]


def test_rows_that_come_meanwhile_are_told(
    fresh_database: ClickHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(fresh_database, "u1")
    delete = sinks.erase._delete

    def overtaken(connection: ClickHouse, table: str, user_id: str) -> None:
        delete(connection, table, user_id)
        if table == "conversions":
            fill(connection, user_id)

    monkeypatch.setattr(sinks.erase, "_delete", overtaken)
    with pytest.raises(SinkError, match=r"\(touches: 3, .*Repeat the command\.$"):
        erase(fresh_database, "u1")
    monkeypatch.undo()
    erase(fresh_database, "u1")


def test_tables_that_are_not_there(empty_database: ClickHouse) -> None:
    with pytest.raises(SinkRejected, match="refused the count of the user's rows: code 81"):
        count(empty_database, "u1")


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks.erase, "_POLICY", RetryPolicy(attempts=1))
    with pytest.raises(SinkUnavailable, match="did not take the count of the user's rows"):
        count(ClickHouse(port=1), "u1")
