"""`zhongcao forget` in one folder, and the sentences of what can go wrong before Kafka is talked to."""

import json
from pathlib import Path

import pytest
from cli.commands import Zhongcao
from held_users import files_naming, held_users

EVENTS = "events.jsonl"
REPLAY = ("replay", EVENTS, "--format", "jsonl", "--embedded", "data")
VIEW = {
    "topic": "note-views",
    "note_id": "n1",
    "brand_id": "b1",
    "occurred_at": 1750000000000,
    "surface": "SEARCH",
    "promoted": False,
}
PAY = {
    "topic": "taobao-purchases",
    "brand_id": "b1",
    "occurred_at": 1750090000000,
    "order_id": "o",
    "shop_id": "shop",
    "item_id": "i1",
    "quantity": 1,
    "kind": "PAY",
    "amount_fen": 19900,
}
GONE, STAYS = "somebody-to-forget", "u2"

EVERYBODY = """
SELECT 'touches', user_id FROM current_touches UNION ALL
SELECT 'order_events', user_id FROM current_order_events UNION ALL
SELECT 'journeys', user_id FROM current_journeys UNION ALL
SELECT 'conversions', user_id FROM current_conversions UNION ALL
SELECT 'dead_letters', key FROM current_dead_letters
"""
TABLES = ("conversions", "dead_letters", "journeys", "order_events", "touches")


@pytest.fixture
def events(tmp_path: Path) -> None:
    lines = [
        record | {"user_id": user, **ids}
        for user in (GONE, STAYS)
        for record, ids in (
            (VIEW, {}),
            (PAY, {"txn_id": f"t-{user}", "sub_order_id": f"s-{user}"}),
            (PAY, {"txn_id": f"bad-{user}", "sub_order_id": f"s-{user}", "quantity": 0}),
        )
    ]
    (tmp_path / EVENTS).write_text("".join(f"{json.dumps(line)}\n" for line in lines))


@pytest.mark.usefixtures("events")
def test_a_user_leaves_the_folder_and_stays_out(zhongcao: Zhongcao, tmp_path: Path) -> None:
    zhongcao.ok(*REPLAY)
    both = sorted((table, user) for table in TABLES for user in (GONE, STAYS))
    assert sorted(zhongcao.sql("data", EVERYBODY)) == both

    told = zhongcao.ok("forget", GONE, "--embedded", "data")
    rows = [line.split() for line in told.splitlines()]
    assert rows[1:4] == [["touches", "1"], ["clicks", "0"], ["order_events", "1"]]
    assert sorted(row[0] for row in rows[1:7]) == sorted([*TABLES, "clicks"])
    assert told.splitlines()[-1].startswith("The user is forgotten")
    assert GONE not in told
    assert files_naming(tmp_path / "data", GONE) == []

    zhongcao.ok(*REPLAY)
    assert set(zhongcao.sql("data", EVERYBODY)) == {(table, STAYS) for table in TABLES}
    state = tmp_path / "data/state"
    assert set().union(*map(held_users, state.glob("0*"))) == {STAYS}
    assert files_naming(state, GONE) == []
    again = zhongcao.ok("forget", GONE, "--embedded", "data", "--yes")
    assert [line.split()[-1] for line in again.splitlines()[1:6]] == ["0"] * 5


@pytest.mark.usefixtures("events")
def test_who_is_forgotten_before_anything_came_stays_out(zhongcao: Zhongcao) -> None:
    zhongcao.folder.joinpath("data").mkdir()
    assert "No table has a row of USER_ID: check it, or give --yes" in zhongcao.fails(
        "forget", GONE, "--embedded", "data", code=2
    )
    zhongcao.ok("forget", GONE, "--embedded", "data", "--yes")
    zhongcao.ok(*REPLAY)
    assert sorted(zhongcao.sql("data", EVERYBODY)) == [(table, STAYS) for table in TABLES]


def test_a_folder_that_is_served(zhongcao: Zhongcao) -> None:
    with zhongcao.serving("data", "--port", "0", "--http-port", "0"):
        told = zhongcao.ok("forget", GONE, "--embedded", "data", "--yes")
        assert "The user is forgotten" in told


@pytest.mark.usefixtures("events")
def test_rows_that_cannot_be_deleted_are_told(zhongcao: Zhongcao) -> None:
    """ClickHouse waits as silently for room on its disk."""
    zhongcao.ok(*REPLAY)
    with zhongcao.serving("data", "--port", "0", "--http-port", "0", "--allow-outside"):
        zhongcao.ok("sql", "--embedded", "data", "SYSTEM STOP MERGES touches")
        sentence = zhongcao.fails("forget", GONE, "--embedded", "data", code=1)
        assert "did not delete the user's rows from touches in 5 s (nothing was at work" in sentence
        assert sentence.rstrip().endswith("Make room on the disk, and repeat the command.")
        zhongcao.ok("sql", "--embedded", "data", "SYSTEM START MERGES touches")
        zhongcao.ok("forget", GONE, "--embedded", "data", "--yes")
    assert {user for _, user in zhongcao.sql("data", EVERYBODY)} == {STAYS}


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("", "--embedded", "data"), 2, "USER_ID has 0 characters, but ids have from 1 to 64"),
        (("x" * 65,), 2, "USER_ID has 65 characters"),
        ((GONE, "--embedded", "nowhere"), 2, "There is no folder nowhere"),
        ((GONE, "--config", "no.toml"), 2, "no.toml"),
        ((GONE,), 1, "Kafka at kafka://127.0.0.1:1 cannot be reached"),
    ],
)
def test_what_is_wrong_is_told(
    zhongcao: Zhongcao, args: tuple[str, ...], code: int, says: str
) -> None:
    sentence = zhongcao.fails("forget", *args, code=code, ZHONGCAO_BROKER="kafka://127.0.0.1:1")
    assert says in sentence
    assert GONE not in sentence


def test_topics_in_memory_have_nobody_to_forget(zhongcao: Zhongcao) -> None:
    sentence = zhongcao.fails("forget", GONE, code=2, ZHONGCAO_BROKER="memory://here")
    assert "broker is memory://here, whose topics end with their process" in sentence
