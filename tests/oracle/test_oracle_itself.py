"""The oracle on histories that are small enough to work out by hand, and on tables that are wrong.

Defined in docs/definitions.md §1.2, §1.4, §4.1, §4.6, §4.7, §6.2.
"""

from datetime import date

import pytest

from oracle.conftest import Arena
from oracle.database import differences, load
from oracle.messages import Logs, damaged, encoded
from oracle.records import HOUR, SECOND, at, click, pay, refund, save, unsave, view
from oracle.worker import Worker
from schemas.rejects import Reason
from streams.settings import Settings
from verify.expected import Rules

RULES = Rules(lookback_days=30, allowed_lateness_days=3)
NOON = at("2024-06-01 12:00")
LATE = at("2024-05-29 18:59:59.999")
#: All in one partition; topic after topic, so t5 is read when event time is that of t4. c1 and t2 are stamped again; t4
#: is a payment and a refund.
MESSAGES = [
    encoded(view(NOON, promoted=True, surface="SEARCH")),
    encoded(view(NOON - HOUR)),
    damaged(view(NOON), Reason.UNDECODABLE),
    encoded(save(NOON + 3 * HOUR)),
    encoded(unsave(NOON + 4 * HOUR)),
    encoded(click(NOON + HOUR + 5 * SECOND, click_id="c1")),
    encoded(click(NOON + HOUR, click_id="c1")),
    encoded(click(NOON + 5 * HOUR, "n2", click_id="c2")),
    encoded(pay(NOON + 2 * HOUR + SECOND, txn_id="t2", sub_order_id="s1")),
    encoded(pay(NOON + 2 * HOUR, txn_id="t2", sub_order_id="s1")),
    encoded(pay(NOON + 6 * HOUR, txn_id="t1", sub_order_id="s1")),
    encoded(refund(NOON + 7 * HOUR, txn_id="t4", sub_order_id="s2")),
    encoded(pay(NOON + 7 * HOUR, txn_id="t4", sub_order_id="s2", item_id="i2")),
    encoded(pay(LATE, txn_id="t5", sub_order_id="s3")),
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
    assert ask("SELECT count(), sum(too_late) FROM expected_touches") == [(7, 0)]
    assert ask(
        "SELECT txn_id, toString(kind), toSecond(occurred_at), too_late FROM expected_order_events ORDER BY ALL"
    ) == [
        ("t1", "PAY", 0, 0),
        ("t2", "PAY", 0, 0),
        ("t4", "PAY", 0, 0),
        ("t4", "REFUND", 0, 0),
        ("t5", "PAY", 59, 1),
    ]
    times = "saved_at, clicked_at, purchased_at, chain_clicked_at, chain_purchased_at"
    hours = f"arrayMap(t -> ifNull(toHour(t), 0), [{times}])"
    assert ask(f"SELECT entry_date, toHour(entered_at), {hours} FROM expected_journeys") == [
        (date(2024, 6, 1), 11, [15, 13, 14, 0, 0])
    ]
    letters = "SELECT topic, epoch, offset, reason FROM expected_dead_letters ORDER BY topic"
    assert ask(letters) == [("note-views", 0, 2, "undecodable")]


def test_its_conversions_are_those_that_are_worked_out_by_hand(drained: Arena) -> None:
    assert differences(drained.client, RULES) == []
    kinds = ["view", "view", "click", "save", "click"]
    surfaces = ["EXPLORE", "SEARCH", "SEARCH", "SEARCH", "OTHER"]
    promoted = [0, 1, 1, 1, 0]
    columns = "`path.kind`, `path.surface`, `path.promoted`, toHour(newest_click_at), toHour(newest_item_click_at)"
    assert drained.client.execute(
        f"SELECT sub_order_id, toHour(paid_at), {columns}, path_incomplete FROM expected_conversions ORDER BY 1"
    ) == [
        ("s1", 14, kinds[:3], surfaces[:3], promoted[:3], 13, 13, 0),
        ("s2", 19, kinds, surfaces, promoted, 17, None, 0),
        ("s3", 18, [], [], [], None, None, 0),
    ]


def test_its_versions_are_those_that_are_worked_out_by_hand(drained: Arena) -> None:
    """Each time of c1 counts; the t2 of a second later does not."""
    assert differences(drained.client, RULES) == []
    versions = drained.client.execute(
        "SELECT version FROM expected_conversions ORDER BY sub_order_id"
    )
    assert [version for (version,) in versions] == [
        (2**47 - 1 - paid_at) << 81 | events << 17 | 1 << 16 | 30
        for paid_at, events in [(NOON + 2 * HOUR, 1 + 4), (NOON + 7 * HOUR, 1 + 6), (LATE, 1)]
    ]


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
    assert wrong.startswith(
        "conversions: extra {'brand_id': 'b1', 'platform': 'TAOBAO', 'sub_order_id': 's9'}"
    )


def test_it_sees_a_column_that_is_wrong(drained: Arena) -> None:
    drained.client.execute(
        "INSERT INTO journeys SELECT * REPLACE (saved_at - 1 AS saved_at) FROM current_journeys"
    )
    [wrong] = differences(drained.client, RULES)
    assert wrong.startswith("journeys: differing {'brand_id': 'b1', 'entry_date': '2024-06-01'")
    assert wrong.endswith(
        "{'saved_at': (\"'2024-06-01 15:00:00.000'\", \"'2024-06-01 14:59:59.000'\")}"
    )


def test_it_sees_a_fact_that_was_published_earlier(drained: Arena) -> None:
    drained.client.execute(
        "INSERT INTO touches SELECT * REPLACE (published_at - 1 AS published_at) FROM touches"
        " WHERE kind = 'save'"
    )
    [wrong] = differences(drained.client, RULES)
    assert wrong.startswith("touches: differing")
    assert "published_at" in wrong


@pytest.mark.parametrize(
    "wrong",
    [
        "version - 131072 AS version",
        "version + 1 AS version",
        "arrayMap(one -> NOT one, `path.promoted`) AS `path.promoted`",
    ],
)
def test_it_sees_a_version_or_a_path_that_is_wrong(drained: Arena, wrong: str) -> None:
    drained.client.execute("CREATE TABLE kept ENGINE = Memory AS SELECT * FROM conversions FINAL")
    drained.client.execute("TRUNCATE TABLE conversions")
    drained.client.execute(
        f"INSERT INTO conversions SELECT * REPLACE ({wrong}) FROM kept WHERE sub_order_id = 's1'"
    )
    drained.client.execute("INSERT INTO conversions SELECT * FROM kept WHERE sub_order_id != 's1'")
    drained.client.execute("DROP TABLE kept")
    [found] = differences(drained.client, RULES)
    assert found.startswith("conversions: differing")
