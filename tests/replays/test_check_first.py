"""replay --check: what would become of a file is told, and nothing is published, written or made."""

import json
from typing import Any

from cli.commands import Zhongcao
from cli.event_lines import DAY, NOON, PAY, VIEW


def check(zhongcao: Zhongcao, *events: dict[str, Any], code: int = 0, **more: Any) -> str:
    (zhongcao.folder / "events.jsonl").write_text("\n".join(map(json.dumps, events)))
    args = more.pop("args", ("--embedded", "data"))
    before = sorted(zhongcao.folder.iterdir())
    done = zhongcao("replay", "events.jsonl", "--format", "jsonl", "--check", *args, **more)
    assert done.returncode == code, done.stderr
    assert sorted(zhongcao.folder.iterdir()) == before
    return " ".join(done.stderr.split())


def test_what_would_be_used_and_what_not(zhongcao: Zhongcao) -> None:
    told = check(zhongcao, VIEW, PAY | {"quantity": 0}, {"topic": "x"}, {"a": 1})
    assert (
        "Nothing was published: this would be 1 used, 1 refused (invalid_field: quantity is below 1)."
    ) in told
    assert '2 lines are no events and were skipped: line 3: The topic is "x" and none of' in told
    assert "line 4: The line has no topic." in told


def test_nothing_could_be_used(zhongcao: Zhongcao) -> None:
    told = check(zhongcao, PAY | {"quantity": 0}, code=1)
    assert "Nothing in events.jsonl could be used" in told


def test_the_order_of_the_file(zhongcao: Zhongcao) -> None:
    newer = VIEW | {"occurred_at": NOON + 9 * DAY}
    assert "2 used, 1 late." in check(zhongcao, newer, VIEW)
    assert "2 used." in check(zhongcao, newer, VIEW, args=("--embedded", "data", "--sort", "time"))


def test_what_workers_hold_complete(zhongcao: Zhongcao) -> None:
    zhongcao.ok("generate", "--events", "2000", "--output", "more.jsonl")
    zhongcao.ok("replay", "more.jsonl", "--format", "jsonl", "--embedded", "data")
    old = [VIEW | {"occurred_at": NOON - n * 400 * DAY, "user_id": f"u{n}"} for n in range(3)]
    with zhongcao.serving("data"):
        served = zhongcao.served("data") | {"ZHONGCAO_PARTITIONS": "4"}
        told = check(zhongcao, *old, args=(), **served)
    assert "WARNING: an event of note-views, " in told
    assert "3 used, " in told
    assert "cannot tell" not in told
    assert "rebuild --brand b1 --since 2023-04-" in told
    told = check(zhongcao, *old, args=(), ZHONGCAO_CLICKHOUSE_PORT="1")
    assert "ClickHouse at 127.0.0.1:1 cannot tell what is complete" in told
    assert "3 used" in told
