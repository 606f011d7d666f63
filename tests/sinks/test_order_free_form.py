"""A database of before 0003 gets the new form with its rows, whatever interrupts it."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from clickhouse_driver import Client

from schemas.errors import SinkRejected
from sinks import migrate as migrating
from sinks.connection import ClickHouse
from sinks.differences import Difference
from sinks.migrate import migrate, missing
from sinks.schema import Schema, load_migrations
from sinks.statements import condition_of, split_statements

FORMER = Path(__file__).parent / "former/before_0003"
MIGRATION = load_migrations()[2]
STEPS = len(MIGRATION.statements)

MAX_MS, MAX_EVENTS = 2**47 - 1, 2**64 - 1
PAID, EARLIER = 1_750_132_800_000, 1_737_086_400_000
STANDING = (MAX_MS - PAID) << 81 | 4 << 17 | 1 << 16 | 30
CROWDED = (MAX_MS - PAID) << 81 | MAX_EVENTS << 17 | 1 << 16 | 30
INCOMPLETE = (MAX_MS - EARLIER) << 81 | 1 << 17 | 15

#: What each table has afterwards.
AFTER = {
    "SELECT kind, user_id, toString(occurred_at), surface, too_late, toUnixTimestamp64Milli(published_at)"
    " FROM touches FINAL ORDER BY occurred_at, kind": [
        ("view", "late", "2025-03-01 11:00:00.000", "EXPLORE", True, 0),
        ("view", "late", "2025-03-01 12:00:00.000", "EXPLORE", True, 0),
        ("view", "u", "2025-06-16 12:00:00.000", "SEARCH", False, 0),
        ("click", "u", "2025-06-16 12:00:05.000", "", False, 0),
        ("click", "u", "2025-06-16 12:00:09.000", "", False, 0),
    ],
    "SELECT click_id, user_id, note_id, item_id, toString(occurred_at) FROM clicks FINAL": [
        ("c1", "u", "n", "i", "2025-06-16 12:00:05.000")
    ],
    "SELECT entry_date = toDate(entered_at), user_id, toString(entered_at) FROM journeys FINAL ORDER BY user_id": [
        (1, "late", "2025-03-01 11:00:00.000"),
        (1, "u", "2025-06-16 12:00:00.000"),
    ],
    "SELECT platform, txn_id, kind, amount_fen, too_late, toUnixTimestamp64Milli(published_at)"
    " FROM order_events FINAL ORDER BY txn_id": [
        ("TAOBAO", "t1", "PAY", 500, False, 0),
        ("TAOBAO", "t2", "REFUND", 100, True, 0),
    ],
    "SELECT platform, sub_order_id, lookback_days, version, path_incomplete, path_truncated FROM conversions FINAL"
    " ORDER BY sub_order_id": [
        ("TAOBAO", "crowded", 30, CROWDED, True, True),
        ("TAOBAO", "incomplete", 15, INCOMPLETE, True, False),
        ("TAOBAO", "standing", 30, STANDING, False, False),
    ],
    "SELECT toString(newest_click_at), toString(newest_item_click_at), path.kind, path.click_id, path.promoted,"
    " path.surface, named_click_id FROM conversions FINAL WHERE sub_order_id = 'standing'": [
        (
            "2025-06-16 12:00:09.000",
            "2025-06-16 12:00:05.000",
            ["view", "click", "click"],
            ["", "c1", "c2"],
            [False] * 3,
            ["OTHER"] * 3,
            None,
        )
    ],
    "SELECT newest_click_at, newest_item_click_at, path.kind, named_click_id FROM conversions FINAL"
    " WHERE sub_order_id != 'standing' ORDER BY sub_order_id": [
        (None, None, [], None),
        (None, None, [], "c9"),
    ],
    "SELECT epoch, offset, payload FROM dead_letters FINAL ORDER BY offset": [
        (3, 7, "junk"),
        (3, 8, "junk"),
    ],
    "SELECT epoch, next_offset, end_offset, expired_unread, toString(complete_until) FROM progress FINAL": [
        (3, 9, 20, 2, "2025-06-17 00:00:00.000")
    ],
}

#: And the views that show another thing than their tables.
SHOWN = {
    "SELECT toString(occurred_at) FROM current_touches WHERE kind = 'click'": [
        ("2025-06-16 12:00:05.000",)
    ],
    "SELECT epoch, offset, payload, times FROM current_dead_letters": [(3, 8, "junk", 2)],
    "SELECT events, complete FROM conversion_versions ORDER BY sub_order_id": [
        (None, True),
        (1, False),
        (4, True),
    ],
    "SELECT processed, lag, expired_unread FROM freshness": [(9, 11, 2)],
    "SELECT sub_order_id, toString(via) FROM order_paths(lookback_days = 15) ORDER BY sub_order_id": [
        ("crowded", "unknown"),
        ("incomplete", "unknown"),
        ("standing", "direct"),
    ],
}
#: Without views, whose making takes longer than all of this.
TABLES = Schema(load_migrations())


@pytest.fixture
def former(empty_database: ClickHouse) -> ClickHouse:
    migrate(empty_database, Schema(load_migrations()[:2]))
    with empty_database.client() as client:
        for file in ("views.sql", "rows.sql"):
            for statement in split_statements((FORMER / file).read_text()):
                client.execute(statement)
    return empty_database


def found(
    connection: ClickHouse, questions: Iterable[str] = AFTER
) -> dict[str, list[tuple[object, ...]]]:
    with connection.client() as client:
        return {question: client.execute(question) for question in questions}


def tables(connection: ClickHouse) -> list[str]:
    with connection.client() as client:
        return [name for (name,) in client.execute("SHOW TABLES")]


def test_every_table_has_its_rows(former: ClickHouse) -> None:
    assert migrate(former)[0] == f"applied {MIGRATION.name}"
    assert found(former) == AFTER
    assert found(former, SHOWN) == SHOWN
    assert missing(former) == []
    assert migrate(former) == []
    assert not [name for name in tables(former) if name.endswith("0003")]


def test_a_check_tells_of_it_and_changes_nothing(former: ClickHouse) -> None:
    assert missing(former)[0] == f"migration {MIGRATION.name} was not applied"
    assert not {"clicks", "rebuilds"} & {*tables(former)}


def test_views_go_on_with_the_new_table(former: ClickHouse) -> None:
    migrate(former)
    with former.client() as client:
        client.execute(
            "INSERT INTO touches (kind, user_id, occurred_at, click_id, too_late) VALUES"
            " ('view', 'new', '2025-07-01 12:00:00', '', true), ('click', 'new', '2025-07-01 12:00:00', 'c', true)"
        )
        for table in ("journeys", "clicks"):
            assert client.execute(f"SELECT count() FROM {table} WHERE user_id = 'new'") == [(1,)]


@pytest.mark.parametrize("cut", range(0, STEPS + 1))
def test_what_was_cut_short_goes_on(
    former: ClickHouse, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    """After each statement, in the order in which they come."""

    def cut_short(client: Client, difference: Difference, done: dict[str, None]) -> None:
        assert difference.migration
        for statement in difference.statements[:cut]:
            condition = condition_of(statement)
            if condition is None or client.execute(condition.found):
                client.execute(statement)
        raise SinkRejected("cut short")

    monkeypatch.setattr(migrating, "_execute", cut_short)
    with pytest.raises(SinkRejected, match="cut short"):
        migrate(former, TABLES)
    monkeypatch.undo()
    migrate(former, TABLES)
    assert found(former) == AFTER
    assert migrate(former, TABLES) == []


def test_several_at_once_are_safe(former: ClickHouse) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: migrate(former), range(3)))
    assert found(former) == AFTER
    assert migrate(former) == []
    assert not [name for name in tables(former) if name.endswith("0003")]


def test_one_that_was_exchanged_back_meanwhile_is_not_noted(
    former: ClickHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by another `migrate` that had looked before."""
    execute, times = migrating._execute, []

    def exchanged_back(client: Client, difference: Difference, done: dict[str, None]) -> None:
        if difference.migration and not times:
            times.append(1)
            for statement in difference.statements[:-1]:
                condition = condition_of(statement)
                if condition is None or client.execute(condition.found):
                    client.execute(statement)
                    if "EXCHANGE TABLES conversions" in statement:
                        client.execute(statement)
            client.execute(difference.statements[-1])
            applied = "SELECT count() FROM schema_migrations WHERE name = %(name)s"
            assert client.execute(applied, {"name": MIGRATION.name}) == [(0,)]
        else:
            execute(client, difference, done)

    monkeypatch.setattr(migrating, "_execute", exchanged_back)
    migrate(former, TABLES)
    assert found(former) == AFTER


def test_a_new_database_never_has_the_former_form() -> None:
    """So that those that make it at once meet nowhere."""
    for name in ("touches", "order_events", "conversions", "dead_letters", "progress"):
        statements = TABLES.statements(load_migrations()[0])
        [made] = [each for each in statements if f"EXISTS {name}\n" in each]
        assert made == TABLES.tables[name].statements[0]
