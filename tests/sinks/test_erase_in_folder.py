"""In a folder a user leaves the files, too, and what cannot be done there is told in seconds."""

from collections.abc import Callable
from typing import Any

import pytest

import sinks.erase_in_folder
from schemas.errors import SinkUnavailable
from sinks.connection import ClickHouse
from sinks.erase import OF_USERS
from sinks.erase_in_folder import at_once

MINE = "user_id = 'u1'"
PARTS = "SELECT countIf(active), countIf(NOT active) FROM system.parts WHERE database = currentDatabase() AND table = "


@pytest.fixture
def query(fresh_database: ClickHouse) -> Callable[[str], list[tuple[Any, ...]]]:
    def run(statement: str) -> list[tuple[Any, ...]]:
        with fresh_database.client() as client:
            return list(client.execute(statement))

    return run


Query = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def filled(query: Query) -> Query:
    """Two parts of touches, merged into one, so that there are some that were replaced."""
    for number in range(2):
        query(
            "INSERT INTO touches (kind, brand_id, note_id, user_id, occurred_at) "
            f"SELECT 'view', 'b', 'n', arrayJoin(['u1', 'u2']), toDateTime64(1.75e9 + {number}, 3)"
        )
    query("OPTIMIZE TABLE touches FINAL")
    return query


def settings(query: Query) -> str:
    [(text,)] = query("SELECT engine_full FROM system.tables WHERE name = 'touches' LIMIT 1")
    return str(text)


def test_nothing_is_left_that_was_replaced(fresh_database: ClickHouse, filled: Query) -> None:
    before = settings(filled)
    with at_once(fresh_database) as delete:
        delete(fresh_database, "touches", MINE)
    assert filled(f"{PARTS} 'touches'") == [(1, 0)]
    assert filled("SELECT user_id, count() FROM touches GROUP BY user_id") == [("u2", 2)]
    assert settings(filled) == before


def test_nor_where_nothing_is_to_be_deleted(fresh_database: ClickHouse, filled: Query) -> None:
    """A command that failed had deleted it before; and views write to tables beside."""
    with at_once(fresh_database):
        pass
    for table in OF_USERS:
        assert filled(f"{PARTS} '{table}'")[0][1] == 0


def test_a_deletion_that_fails_is_told_with_its_reason(
    fresh_database: ClickHouse, filled: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks.erase_in_folder, "STUCK_S", 0.5)
    failing = "throwIf(user_id = 'u1', 'no room for u1')"
    with pytest.raises(SinkUnavailable, match="no room"), at_once(fresh_database) as delete:
        delete(fresh_database, "touches", failing)
    filled("KILL MUTATION WHERE database = currentDatabase() AND table = 'touches'")


def test_parts_that_stay_are_told(
    fresh_database: ClickHouse, filled: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks.erase_in_folder, "STUCK_S", 0.5)
    monkeypatch.setattr(sinks.erase_in_folder, "_REMOVE", "MODIFY SETTING old_parts_lifetime = 480")
    with pytest.raises(SinkUnavailable, match="replaced parts of touches"), at_once(fresh_database):
        pass
