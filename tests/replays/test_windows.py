"""What is open, and which window holds what, from events to answers.

Defined in docs/definitions.md §7, §8.2.
"""

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cli.commands import Zhongcao
from cli.event_lines import PAY, VIEW

SHANGHAI = ZoneInfo("Asia/Shanghai")
SAVE = {
    "topic": "note-saves", "user_id": "u1", "note_id": "n1", "brand_id": "b1", "occurred_at": 0, "action": "SAVE",
}  # fmt: skip


def at(month: int, day: int, hour: int = 12) -> int:
    """Of 2025, in ms."""
    return int(datetime(2025, month, day, hour, tzinfo=SHANGHAI).timestamp() * 1000)


@pytest.fixture
def replayed(zhongcao: Zhongcao) -> Any:
    def replay(*events: dict[str, Any]) -> Zhongcao:
        lines = "\n".join(json.dumps(each | {"timestamp": each["occurred_at"]}) for each in events)
        late = ("--allowed-lateness-days", "120")
        done = zhongcao("replay", "-", "--format", "jsonl", *late, "--embedded", "data", stdin=lines)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return zhongcao

    return replay


def test_orders_that_lag_keep_purchases_open_and_one_event_ahead_closes_nothing(
    replayed: Any,
) -> None:
    events = []
    for day in range(1, 21):
        for user in ("a", "b"):
            person = {"user_id": f"{user}{day}", "occurred_at": at(6, day)}
            events.append(VIEW | person)
            # She buys five days later; orders are known until June 10.
            if day <= 5:
                own = {key: f"{key}-{user}{day}" for key in ("txn_id", "order_id", "sub_order_id")}
                events.append(PAY | person | own | {"occurred_at": at(6, day + 5)})
    events.append(VIEW | {"brand_id": "other", "user_id": "ahead", "occurred_at": at(6, 21, 11)})
    zhongcao = replayed(*sorted(events, key=lambda each: each["occurred_at"]))
    found = zhongcao.sql(
        "data",
        "SELECT toDayOfMonth(entry_date), countIf(bought), max(bought_open), max(saved_open)"
        " FROM journey_steps(window_days = 7) WHERE brand_id = 'b1' GROUP BY 1 ORDER BY 1",
    )
    for day, buyers, bought_open, saved_open in found:
        assert buyers == ("2" if int(day) <= 5 else "0")
        # Orders have passed June 9, views June 19.
        assert bought_open == ("true" if int(day) + 7 > 9 else "false")
        assert saved_open == ("true" if int(day) + 7 > 19 else "false")
    topics = "SELECT topic, passed_day, trails FROM coverage_by_topic ORDER BY topic"
    assert zhongcao.sql("data", topics) == [
        ("note-views", "2025-06-19", "0"),
        ("taobao-purchases", "2025-06-09", "10"),
    ]


def test_fifteen_days_after_viewing_and_fifteen_times_24_hours_before_paying(
    replayed: Any,
) -> None:
    paid = datetime(2025, 10, 1, 9, tzinfo=SHANGHAI) + timedelta(days=15, hours=11)
    zhongcao = replayed(
        VIEW | {"occurred_at": at(10, 1, 9)},
        PAY | {"occurred_at": int(paid.timestamp() * 1000), "amount_fen": 10_000},
    )

    def ask(query: str) -> str:
        [(found,)] = zhongcao.sql("data", query)
        return found

    assert ask("SELECT buyers FROM funnel(window_days = 15)") == "1"
    assert ask("SELECT buyers FROM funnel(window_days = 14)") == "0"
    credited = "SELECT toString(kind) FROM attribution(model = 'last', lookback_days = {})"
    assert [ask(credited.format(days)) for days in (15, 16)] == ["organic", "view"]
    bridged = (
        "SELECT amount_fen FROM bridge(model = 'linear', lookback_days = 15, platform_days = {},"
        " platform_day = 'payment', since = '2025-10-01', until = '2025-10-31') WHERE step = 6"
    )
    assert ask(bridged.format(15)) == "10000"
    assert zhongcao.sql("data", bridged.format(14)) == []
    refused = zhongcao.fails("sql", "--embedded", "data", bridged.format(30))
    assert "platform_days counts whole days" in refused


def test_without_orders_a_window_that_journeys_may_not_hold_is_refused(replayed: Any) -> None:
    zhongcao = replayed(
        VIEW | {"occurred_at": at(6, 15)},
        SAVE | {"occurred_at": at(7, 30)},
        VIEW | {"user_id": "u2", "occurred_at": at(9, 28)},
    )
    query = "SELECT savers, open_share FROM funnel(window_days = {}) ORDER BY entry_date"
    refused = zhongcao.fails("sql", "--embedded", "data", query.format(60))
    assert "SELECT lookback_days FROM coverage" in refused
    # One user alone passes nothing.
    assert zhongcao.sql("data", query.format(1)) == [("0", "1"), ("0", "1")]


def test_the_former_name_of_the_window_is_told_in_a_sentence(replayed: Any) -> None:
    zhongcao = replayed(VIEW, PAY)
    former = zhongcao.fails("sql", "--embedded", "data", "SELECT * FROM funnel(lookback_days = 7)")
    assert "window_days" in former
