"""replay --check: what would become of a file is told, and nothing is published, written or made."""

import json
from typing import Any

from cli.commands import Zhongcao
from cli.event_lines import DAY, NOON, PAY, VIEW

from streams.partitioning import partition_of

U1 = partition_of(b"u1", 4)


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
    assert "2 used, at most 1 late." in check(zhongcao, newer, VIEW)
    assert "2 used." in check(zhongcao, newer, VIEW, args=("--embedded", "data", "--sort", "time"))


def test_what_a_folder_holds(zhongcao: Zhongcao) -> None:
    """It begins with the event time of the folder's own partitions, and leaves the folder as it is."""
    days = [
        VIEW | {"user_id": f"u{user}", "note_id": f"n{day}", "occurred_at": NOON + day * DAY}
        for day in range(60)
        for user in range(8)
    ]
    (zhongcao.folder / "days.jsonl").write_text("\n".join(map(json.dumps, days)))
    zhongcao.ok("replay", "days.jsonl", "--format", "jsonl", "--embedded", "data")
    state = sorted((zhongcao.folder / "data/state").rglob("*"))
    old = [VIEW | {"user_id": f"u{user}", "note_id": "old"} for user in range(4)]
    assert "4 used, at most 4 late." in check(zhongcao, *old)
    assert sorted((zhongcao.folder / "data/state").rglob("*")) == state
    args = ("replay", "events.jsonl", "--format", "jsonl", "--embedded", "data")
    assert "4 used, 4 late." in zhongcao(*args).stderr
    theirs = zhongcao.folder / "theirs"
    theirs.mkdir()
    (theirs / "thesis.txt").write_text("years of work")
    told = zhongcao.fails(*args[:-1], "theirs", "--check", code=2)
    assert "theirs holds files, and no data of zhongcao" in told


def test_each_partition_has_its_own_time(zhongcao: Zhongcao) -> None:
    """Those of a folder, however many the settings have."""
    users = [f"u{n}" for n in range(40)]
    apart = [user for user in users if partition_of(user.encode(), 4) != U1]
    beside = next(user for user in users if partition_of(user.encode(), 4) == U1 and user != "u1")
    newer = VIEW | {"occurred_at": NOON + 9 * DAY}
    told = check(
        zhongcao, newer, *(VIEW | {"user_id": u} for u in (*apart, beside)), ZHONGCAO_PARTITIONS="1"
    )
    assert f"{len(apart) + 2} used, at most 1 late." in told


def test_all_lines_that_are_no_events_go_where_it_is_asked(zhongcao: Zhongcao) -> None:
    lines = [json.dumps(VIEW), *(f'{{"a": {n}}}' for n in range(5)), *["[]"] * 8]
    (zhongcao.folder / "events.jsonl").write_text("\n".join(lines))
    args = ("--format", "jsonl", "--check", "--rejects", "bad.jsonl", "--embedded", "data")
    told = zhongcao("replay", "events.jsonl", *args).stderr
    assert "13 lines are no events and were skipped: 8 lines, first line 7: The line is a" in told
    assert "See bad.jsonl" in told
    bad = (zhongcao.folder / "bad.jsonl").read_text().splitlines()
    assert [json.loads(line)["line"] for line in bad] == list(range(2, 15))
    assert not (zhongcao.folder / "data").exists()


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
