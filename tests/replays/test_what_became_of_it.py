"""A replay tells what became of the events, and fails where nothing could be used."""

import json
from typing import Any

from cli.commands import Zhongcao
from cli.event_lines import DAY, NOON, PAY, VIEW


def replay(zhongcao: Zhongcao, *events: dict[str, Any]) -> str:
    lines = "\n".join(map(json.dumps, events))
    done = zhongcao("replay", "-", "--format", "jsonl", "--embedded", "data", stdin=lines)
    assert done.returncode == 0, done.stderr
    return " ".join(done.stderr.split())


def test_what_was_refused_and_why(zhongcao: Zhongcao) -> None:
    free, nothing = PAY | {"amount_fen": -1}, PAY | {"quantity": 0}
    told = replay(zhongcao, VIEW, VIEW, free, nothing, nothing, PAY)
    assert (
        ": 3 used, 3 refused (2 invalid_field: quantity is below 1; "
        "1 invalid_field: amount_fen is negative). Query them with:"
    ) in told
    assert ": 2 used. Query" in replay(zhongcao, VIEW, PAY)


def test_many_reasons_are_counted(zhongcao: Zhongcao) -> None:
    ids = [PAY | {name: ""} for name in ("user_id", "txn_id", "order_id", "item_id", "shop_id")]
    told = replay(zhongcao, VIEW, *ids)
    assert ": 1 used, 5 refused (1 invalid_field: item_id is empty; " in told
    assert "; 2 other reasons)" in told


def test_what_was_late_and_what_to_do(zhongcao: Zhongcao) -> None:
    days = [VIEW | {"note_id": f"n{n}", "occurred_at": NOON + n * DAY} for n in range(100)]
    assert ": 100 used. Query" in replay(zhongcao, *days)
    told = replay(zhongcao, VIEW | {"note_id": "new"}, days[-1])
    assert ": 2 used, 1 late. What is late is joined, too." in told


def test_the_forgotten_are_left_out(zhongcao: Zhongcao) -> None:
    replay(zhongcao, VIEW)
    zhongcao.ok("forget", str(VIEW["user_id"]), "--embedded", "data")
    other = VIEW | {"user_id": "u2"}
    assert ": 1 used, 1 of forgotten users. Query" in replay(zhongcao, VIEW, other)
    replay(zhongcao, VIEW)


def test_nothing_could_be_used(zhongcao: Zhongcao) -> None:
    (zhongcao.folder / "events.jsonl").write_text(json.dumps(PAY | {"quantity": 0}))
    for form, why in (
        ("jsonl", "1 refused (invalid_field: quantity is below 1)"),
        ("taobao-userbehavior", "1 lines are no events"),
    ):
        done = zhongcao("replay", "events.jsonl", "--format", form, "--embedded", form)
        assert done.returncode == 1
        assert why in " ".join(done.stderr.split())
        assert "Nothing in events.jsonl could be used: check --format" in done.stderr


def test_nothing_came(zhongcao: Zhongcao) -> None:
    assert "0 events processed" in replay(zhongcao)
