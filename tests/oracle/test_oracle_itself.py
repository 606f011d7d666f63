"""The oracle on histories that are small enough to work out by hand, and on tables that are wrong."""

from datetime import date

import pytest

from oracle.conftest import Arena
from oracle.database import differences, load
from oracle.messages import Logs, damaged, encoded
from oracle.records import HOUR, at, click, pay, refund, save, unsave, view
from oracle.worker import Worker
from schemas.rejects import Reason
from streams.settings import Settings
from verify.expected import Rules

RULES = Rules(lookback_days=30, allowed_lateness_days=3)
NOON = at("2024-06-01 12:00")
#: All in one partition; topic after topic, so the view of 1 May is read while T is that of nothing.
MESSAGES = [
    encoded(view(NOON)),
    encoded(view(NOON - HOUR)),
    damaged(view(NOON), Reason.UNDECODABLE),
    encoded(save(NOON + 3 * HOUR)),
    encoded(unsave(NOON + 4 * HOUR)),
    encoded(click(NOON + HOUR, click_id="c1")),
    encoded(click(NOON + 5 * HOUR, click_id="c2")),
    encoded(pay(NOON + 2 * HOUR, txn_id="t2", sub_order_id="s1")),
    encoded(pay(NOON + 6 * HOUR, txn_id="t1", sub_order_id="s1")),
    encoded(refund(NOON + 7 * HOUR, txn_id="t3", sub_order_id="s1")),
    encoded(pay(NOON + 7 * HOUR, txn_id="t4", sub_order_id="s2", item_id="i2")),
    encoded(pay(at("2024-05-29 18:59:59.999"), txn_id="t5", sub_order_id="s3")),
]


@pytest.fixture
def drained(arena: Arena) -> Arena:
    logs = Logs(MESSAGES, partitions=1)
    worker = Worker(Settings(), logs, arena.writer, arena.folder)
    worker.drain()
    worker.close()
    load(arena.client, worker.journal)
    return arena


def test_it_agrees_with_what_is_worked_out_by_hand(drained: Arena) -> None:
    assert differences(drained.client, RULES) == []
    ask = drained.client.execute
    assert ask("SELECT count(), sum(too_late) FROM expected_touches") == [(6, 0)]
    assert ask("SELECT txn_id, too_late FROM expected_order_events ORDER BY txn_id") == [
        ("t1", 0),
        ("t2", 0),
        ("t3", 0),
        ("t4", 0),
        ("t5", 1),
    ]
    times = "saved_at, clicked_at, purchased_at, chain_clicked_at, chain_purchased_at"
    hours = f"arrayMap(t -> toHour(assumeNotNull(t)), [{times}])"
    assert ask(f"SELECT entry_date, toHour(entered_at), {hours} FROM expected_journeys") == [
        (date(2024, 6, 1), 11, [15, 13, 14, 17, 18])
    ]
    assert ask(
        "SELECT sub_order_id, toHour(paid_at), `path.kind`, `path.click_id`, direct, path_incomplete "
        "FROM expected_conversions ORDER BY sub_order_id"
    ) == [
        ("s1", 14, ["view", "view", "click"], ["", "", "c1"], 1, 0),
        ("s2", 19, ["view", "view", "click", "save", "click"], ["", "", "c1", "", "c2"], 0, 0),
        ("s3", 18, [], [], 0, 1),
    ]
    letters = "SELECT topic, offset, reason FROM expected_dead_letters ORDER BY topic"
    assert ask(letters) == [("note-views", 2, "undecodable")]


@pytest.mark.parametrize("table", ["touches", "order_events", "journeys", "conversions"])
def test_it_misses_a_row_that_was_lost(drained: Arena, table: str) -> None:
    drained.client.execute(f"TRUNCATE TABLE {table}")
    wrong = differences(drained.client, RULES)
    assert wrong
    assert all(text.startswith(f"{table}: missing") for text in wrong)


def test_it_misses_a_dead_letter(drained: Arena) -> None:
    drained.client.execute("TRUNCATE TABLE dead_letters")
    wrong = [text.split(" {")[0] for text in differences(drained.client, RULES)]
    assert wrong == ["dead_letters: missing"]


def test_it_sees_a_row_that_must_not_be(drained: Arena) -> None:
    drained.client.execute(
        "INSERT INTO conversions SELECT * REPLACE ('s9' AS sub_order_id) FROM conversions LIMIT 1"
    )
    [wrong] = differences(drained.client, RULES)
    assert wrong.startswith("conversions: extra {'brand_id': 'b1', 'sub_order_id': 's9'}")


def test_it_sees_a_column_that_is_wrong(drained: Arena) -> None:
    drained.client.execute(
        "INSERT INTO journeys SELECT * REPLACE (saved_at - 1 AS saved_at) FROM current_journeys"
    )
    [wrong] = differences(drained.client, RULES)
    assert wrong.startswith("journeys: differing {'brand_id': 'b1', 'entry_date': '2024-06-01'")
    assert wrong.endswith(
        "{'saved_at': (\"'2024-06-01 15:00:00.000'\", \"'2024-06-01 14:59:59.000'\")}"
    )


def test_it_sees_a_stranger_in_an_incomplete_path(drained: Arena) -> None:
    drained.client.execute(
        "INSERT INTO conversions SELECT * REPLACE ("
        "[paid_at] AS `path.occurred_at`, ['view'] AS `path.kind`, ['n1'] AS `path.note_id`, "
        "[''] AS `path.item_id`, [''] AS `path.click_id`, version + 1 AS version) "
        "FROM conversions FINAL WHERE sub_order_id = 's3'"
    )
    [wrong] = differences(drained.client, RULES)
    assert wrong.startswith(
        "conversions: differing {'brand_id': 'b1', 'sub_order_id': 's3'} {'path'"
    )
