"""A replay tells what became of the events, and fails where nothing could be used."""

import gzip
import json
from typing import Any

import pytest
from cli.commands import Zhongcao
from cli.event_lines import DAY, NOON, PAY, VIEW

SHOWN = ("user_id", "txn_id", "order_id", "sub_order_id", "item_id")


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
    ids = [PAY | {name: ""} for name in (*SHOWN, "brand_id", "shop_id")]
    told = replay(zhongcao, VIEW, *ids)
    assert ": 1 used, 7 refused (1 invalid_field: brand_id is empty; " in told
    assert "; 2 more for other reasons)" in told


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
        ("taobao-userbehavior", "1 line is no event"),
    ):
        done = zhongcao("replay", "events.jsonl", "--format", form, "--embedded", form)
        assert done.returncode == 1
        assert why in " ".join(done.stderr.split())
        assert "Nothing in events.jsonl could be used: check --format" in done.stderr


@pytest.mark.parametrize("file", ["-", "/dev/null", "none.jsonl", "none.jsonl.gz"])
@pytest.mark.parametrize("options", [("--embedded", "data"), ("--check",)])
def test_nothing_came(zhongcao: Zhongcao, file: str, options: tuple[str, ...]) -> None:
    """It fails, and makes nothing."""
    (zhongcao.folder / "none.jsonl").touch()
    (zhongcao.folder / "none.jsonl.gz").write_bytes(gzip.compress(b""))
    before = sorted(zhongcao.folder.iterdir())
    done = zhongcao("replay", file, "--format", "jsonl", *options, stdin="")
    assert done.returncode == 1
    [told] = done.stderr.splitlines()
    assert told.startswith("error: Nothing could be used: ")
    assert told.endswith(" is empty.")
    assert sorted(zhongcao.folder.iterdir()) == before


def test_why_lines_are_no_events(zhongcao: Zhongcao) -> None:
    """The most frequent reasons come first, and all are in the file."""
    bad = [PAY | {"quantity": 2**31 + n} for n in range(6)]
    told = replay(zhongcao, VIEW, *bad, {"a": 1}, PAY | {"kind": "pay"}, {"a": 1})
    assert (
        "9 lines are no events and were skipped: 2 lines, first line 8: The line has no topic."
        in told
    )
    assert "line 2: The field quantity is 2147483648 and must be a whole number of 32 bits." in told
    assert "3 more for other reasons. See data/stdin.rejects.jsonl" in told
