"""zhongcao explain: one conversion told completely."""

import json
from typing import Any

import pytest
from cli.commands import Zhongcao

DAY_MS = 86_400_000
#: 2025-06-15 23:06:40 in Asia/Shanghai.
PAID_AT = 1_750_000_000_000


def event(topic: str, days_before: float, **fields: Any) -> str:
    at = PAID_AT - round(days_before * DAY_MS)
    own = {"topic": topic, "user_id": "u1", "brand_id": "b1", "occurred_at": at, "timestamp": at}
    return json.dumps(own | fields)


def view(note: str, days_before: float) -> str:
    return event("note-views", days_before, note_id=note, surface="EXPLORE", promoted=False)


def order(kind: str, fen: int, days_before: float, sub_order: str) -> str:
    ids = {"txn_id": f"{kind}-{sub_order}", "order_id": "o1", "sub_order_id": sub_order}
    item = {"shop_id": "shop", "item_id": "lipstick", "quantity": 2}
    return event("taobao-purchases", days_before, kind=kind, amount_fen=fen, **ids, **item)


EVENTS = [
    view("early", 12),
    view("late", 0.5),
    event("link-clicks", 0.25, note_id="late", click_id="c1", item_id="lipstick", placement="NOTE"),
    order("PAY", 10_001, 0, "s1"),
    order("PAY", 5_000, 0, "s2"),
    order("REFUND", 1_000, -1, "s1"),
]


@pytest.fixture
def told(zhongcao: Zhongcao) -> Zhongcao:
    """The events were replayed."""
    done = zhongcao(
        "replay", "-", "--format", "jsonl", "--embedded", "data", stdin="\n".join(EVENTS)
    )
    assert done.returncode == 0, done.stderr
    return zhongcao


def explained(zhongcao: Zhongcao, *args: str) -> str:
    return zhongcao.ok("explain", *args, "--embedded", "data")


def rows_of(shown: str) -> list[list[str]]:
    """What happened: number, day, time, what, of what …"""
    lines = (line.split() for line in shown.splitlines())
    return [
        words
        for words in lines
        if len(words) > 3 and words[0].isdigit() and words[1].startswith("2025-06-")
    ]


def test_an_order_is_told_completely(told: Zhongcao) -> None:
    shown = explained(told, "s1")
    assert "Sub-order s1 of order o1, brand b1" in shown
    assert "2 × item lipstick from shop shop, user u1" in shown
    assert "paid 2025-06-15 23:06:40: 100.01, refunded 10.00, net 90.01" in shown
    assert "within 30 days direct" in shown
    assert (
        "stands: path of 3 touches, made of 4 events, all of the lookback of 30 days held\n"
        in shown
    )
    assert [(row[3], row[4], *row[5:]) for row in rows_of(shown)] == [
        ("view", "early", "12", "d"),
        ("view", "late", "1", "d"),
        ("click", "late", "1", "d"),
        ("payment", "lipstick", "100.01"),
        ("refund", "lipstick", "-10.00"),
    ]
    lines = [line.split() for line in shown.splitlines()]
    assert [line for line in lines if len(line) == 8 and line[0].isdigit()] == [
        ["1", "90.01", "0.00", "0.00", "30.00", "36.01", "12.29", "90.01"],
        ["2", "0.00", "0.00", "0.00", "30.01", "18.00", "38.38", "0.00"],
        ["3", "0.00", "90.01", "90.01", "30.00", "36.00", "39.34", "90.01"],
    ]
    assert [*["90.01"] * 6, "180.02"] in [line.split() for line in shown.splitlines()]


def test_a_shorter_window(told: Zhongcao) -> None:
    shown = explained(told, "s1", "--lookback-days", "0")
    assert "within 0 days organic: no touch" in shown
    assert [row[3] for row in rows_of(shown)] == [
        *("view", "view", "click"),
        *("organic", "payment", "refund"),
    ]


def test_it_fits_a_terminal_of_eighty_columns(told: Zhongcao) -> None:
    assert max(map(len, explained(told, "s1").splitlines())) <= 80


def test_as_json(told: Zhongcao) -> None:
    found = json.loads(explained(told, "s1", "--json"))
    assert (found["sub_order_id"], found["net_fen"], found["lookback_days"]) == ("s1", 9_001, 30)
    assert [row["what"] for row in found["happened"]].count("view") == 2
    assert sum(row["linear_fen"] or 0 for row in found["happened"]) == 9_001
    assert found["versions"][0]["touches"] == 3
    assert len(found["versions"][0]["version"]) == 39
    assert [row["evidence"] for row in found["happened"]] == [*["own"] * 3, None, None]


@pytest.mark.parametrize(
    ("args", "code", "sentence"),
    [
        (["nobody"], 1, "There is no conversion of the sub-order nobody in the database zhongcao"),
        (["nobody"], 1, "or the id is another one, or its user was forgotten."),
        (["o1"], 1, "o1 is an order: explain one of its sub-orders, s1, s2."),
        (["s1", "--lookback-days", "31"], 2, "the path of s1 reaches back 30 days: ask for 30"),
    ],
)
def test_what_cannot_be_explained(
    told: Zhongcao, args: list[str], code: int, sentence: str
) -> None:
    assert sentence in told.fails("explain", *args, "--embedded", "data", code=code)
