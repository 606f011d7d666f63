"""Rows that lack late events lie between those without and those with all of them; whatever lies elsewhere is wrong.

Defined in docs/definitions.md §13.4.
"""

from datetime import date

import pytest

from oracle.conftest import Arena
from oracle.database import between, differences, load
from oracle.messages import Logs, encoded
from oracle.records import DAY, at, click, pay, save, view
from oracle.worker import Worker
from rebuild import Scope
from streams.settings import Settings
from verify.expected import Rules

NOON = at("2024-06-01 12:00")
SETTINGS = Settings(lookback_days=2, allowed_lateness_days=0)
RULES = Rules.of(SETTINGS)
#: Far enough for the state to forget everything else.
FAR = NOON + 100 * DAY
ELSEWHERE = {"brand_id": "b2", "note_id": "n3"}
#: Two of each topic, and then one that has the state forget what is old.
IN_TIME = [
    *(view(NOON), view(FAR, **ELSEWHERE)),
    *(save(FAR, **ELSEWHERE), save(FAR + 1, **ELSEWHERE)),
    *(click(FAR, **ELSEWHERE), click(FAR + 1, **ELSEWHERE)),
    *(pay(NOON + 2, txn_id="t2"), pay(FAR, "s2", txn_id="far", brand_id="b2")),
    view(FAR + 1, **ELSEWHERE),
]
LATE = [
    save(NOON + 1),
    click(NOON + 1, click_id="c"),
    view(NOON - 1),
    pay(NOON + 3, "s3", txn_id="t3"),
]


@pytest.fixture
def lacking(arena: Arena) -> Arena:
    """All is read; nothing late is in a path."""
    worker = Worker(SETTINGS, Logs(map(encoded, [*IN_TIME, *LATE]), 1), arena.writer, arena.folder)
    for count in (2, 1):
        worker.read(worker.unread(), count)
        worker.write()
        worker.commit()
    worker.drain()
    worker.close()
    load(arena.client, worker.journal)
    return arena


def insert(arena: Arena, table: str, changed: str, where: str = "sub_order_id = 's1'") -> None:
    """Replace a row by another."""
    ask = arena.client.execute
    ask(f"CREATE TABLE kept ENGINE = Memory AS SELECT * FROM {table} FINAL")
    ask(f"TRUNCATE TABLE {table}")
    ask(f"INSERT INTO {table} SELECT * REPLACE ({changed}) FROM kept WHERE {where}")
    ask(f"INSERT INTO {table} SELECT * FROM kept WHERE NOT ({where})")
    ask("DROP TABLE kept")


def test_what_lacks_late_events_is_counted(lacking: Arena) -> None:
    assert differences(lacking.client, RULES) == []
    # The two orders, and the journey of which nothing was bought, clicked or saved.
    assert between(lacking.client) > 0
    lacking.rebuild(SETTINGS, Scope(late=True))
    assert differences(lacking.client, RULES) == []
    assert between(lacking.client) == 0


def test_a_rebuild_that_did_not_reach_it_covers_nothing(lacking: Arena) -> None:
    before = differences(lacking.client, RULES), between(lacking.client)
    lacking.rebuild(SETTINGS, Scope(since=date(2024, 6, 3), until=date(2024, 6, 9)))
    lacking.rebuild(SETTINGS, Scope(brand="b2"))
    assert (differences(lacking.client, RULES), between(lacking.client)) == before


def test_a_rebuild_that_says_so_and_did_nothing_is_found_out(lacking: Arena) -> None:
    lacking.client.execute(
        "INSERT INTO rebuilds SELECT 'r', now(), now(), '', '2024-05-01', '2024-12-31', 2, now()"
    )
    wrong = differences(lacking.client, RULES)
    assert {text.split(":")[0] for text in wrong} >= {"conversions"}


EVENT = "bitShiftLeft(toUInt128(1), 17)"
PATH = ("occurred_at", "kind", "note_id", "item_id", "click_id", "promoted", "surface")
NO_PATH = ", ".join(f"arrayResize(`path.{name}`, 0) AS `path.{name}`" for name in PATH)


@pytest.mark.parametrize(
    "changed",
    [
        f"version + 9 * {EVENT} AS version",
        f"version - {EVENT} AS version",
        f"version - {EVENT} AS version, {NO_PATH}",
        "paid_at - INTERVAL 1 MILLISECOND AS paid_at",
        "'x' AS item_id",
        "paid_at AS newest_click_at",
        "arrayMap(note -> 'n9', `path.note_id`) AS `path.note_id`",
        "3 AS lookback_days",
    ],
)
def test_a_conversion_that_lies_elsewhere(lacking: Arena, changed: str) -> None:
    insert(lacking, "conversions", changed)
    wrong = differences(lacking.client, RULES)
    assert [text.split(" {")[0] for text in wrong] == ["conversions: differing"]


def test_a_conversion_that_is_not_there(lacking: Arena) -> None:
    """A late payment is joined, too."""
    lacking.client.execute("DELETE FROM conversions WHERE sub_order_id = 's3'")
    wrong = differences(lacking.client, RULES)
    assert [text.split(" {")[0] for text in wrong] == ["conversions: missing"]


@pytest.mark.parametrize(
    "changed", ["purchased_at - 1 AS purchased_at", "entered_at + 60 AS entered_at"]
)
def test_a_journey_that_lies_elsewhere(lacking: Arena, changed: str) -> None:
    insert(lacking, "journeys", changed, "brand_id = 'b1'")
    wrong = differences(lacking.client, RULES)
    assert [text.split(" {")[0] for text in wrong] == ["journeys: differing"]
