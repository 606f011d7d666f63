"""An id that comes again with another time is one event: one touch of a path, one payment, at the least time.

Defined in docs/definitions.md §1.4.
"""

import json
from typing import Any

import pytest
from cli.commands import Zhongcao
from cli.event_lines import DAY, NOON, PAY, VIEW

CLICK = {
    "topic": "link-clicks",
    "user_id": "u1",
    "note_id": "n1",
    "brand_id": "b1",
    "occurred_at": NOON - 5_000,
    "click_id": "c1",
    "item_id": "i1",
    "placement": "NOTE",
}
TIMES = "arrayMap(t -> toUnixTimestamp64Milli(t), path.occurred_at)"


def replay(
    zhongcao: Zhongcao, *events: dict[str, Any], rebuild: bool = True, **environ: str
) -> None:
    lines = "\n".join(map(json.dumps, events))
    options = ["--format", "jsonl", "--embedded", "data"]
    options += [] if rebuild else ["--no-rebuild"]
    done = zhongcao("replay", "-", *options, stdin=lines, **environ)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("first", [0, 1])
def test_a_click_is_one_touch_at_its_least_time(zhongcao: Zhongcao, first: int) -> None:
    clicks = [CLICK, CLICK | {"occurred_at": NOON}]
    replay(zhongcao, VIEW | {"occurred_at": NOON - 9_000}, clicks[first], clicks[1 - first], PAY)
    path = f"{TIMES}, path.kind, toUnixTimestamp64Milli(assumeNotNull(newest_item_click_at))"
    assert zhongcao.sql("data", f"SELECT {path} FROM conversions FINAL") == [
        (f"[{NOON - 9_000},{NOON - 5_000}]", "['view','click']", str(NOON - 5_000))
    ]
    # Each time is kept, and counts in the version.
    assert zhongcao.sql("data", "SELECT count() FROM touches FINAL WHERE kind = 'click'") == [
        ("2",)
    ]
    assert zhongcao.sql(
        "data", "SELECT bitAnd(bitShiftRight(version, 17), 0xffffffff) FROM conversions FINAL"
    ) == [("4",)]


def test_a_click_has_its_least_time_within_the_window(zhongcao: Zhongcao) -> None:
    before = CLICK | {"occurred_at": NOON - 31 * DAY}
    replay(zhongcao, before, CLICK, CLICK | {"occurred_at": NOON}, PAY)
    assert zhongcao.sql("data", f"SELECT {TIMES} FROM conversions FINAL") == [
        (f"[{NOON - 5_000}]",)
    ]


@pytest.mark.parametrize("first", [0, 1])
def test_a_payment_has_one_time_everywhere(zhongcao: Zhongcao, first: int) -> None:
    """Across midnight in Shanghai, too."""
    midnight = NOON + DAY // 2
    pays = [PAY | {"occurred_at": midnight - 1_000}, PAY | {"occurred_at": midnight + 1_000}]
    replay(zhongcao, VIEW, pays[first], pays[1 - first])
    for asked in (
        "occurred_at FROM order_events FINAL",
        "paid_at FROM conversions FINAL",
        "purchased_at FROM current_journeys",
    ):
        [column] = asked.split()[:1]
        rows = zhongcao.sql(
            "data", f"SELECT toUnixTimestamp64Milli(assumeNotNull({column})), {asked}"
        )
        assert [int(row[0]) for row in rows] == [midnight - 1_000]


def test_a_payment_and_a_refund_of_one_transaction(zhongcao: Zhongcao) -> None:
    pay = PAY | {"amount_fen": 1000}
    refund = PAY | {"kind": "REFUND", "amount_fen": 400, "occurred_at": NOON + 800_000}
    replay(zhongcao, VIEW, pay, refund)
    replay(zhongcao, refund, pay)
    money = "gross_fen, refunded_fen, net_fen"
    assert zhongcao.sql("data", f"SELECT {money} FROM sub_order_amounts") == [
        ("1000", "400", "600")
    ]
    assert zhongcao.sql("data", "SELECT count() FROM conversions FINAL") == [("1",)]
