"""A file through the whole pipeline: every line is a fact, a dead letter, a duplicate or a reject."""

import json
from pathlib import Path

import pytest
from cli.commands import Zhongcao
from cli.event_lines import DAY, NOON, PAY, VIEW

#: What a line comes to, and the line.
LINES = [
    ("fact", VIEW),
    ("fact", PAY),
    ("duplicate", VIEW),
    ("fact", VIEW | {"note_id": "n" * 64}),
    ("invalid_field", VIEW | {"note_id": "n" * 65}),
    ("invalid_field", VIEW | {"user_id": ""}),
    ("invalid_field", PAY | {"txn_id": "t2", "amount_fen": -1}),
    ("invalid_field", PAY | {"txn_id": "t3", "quantity": 0}),
    ("fact", VIEW | {"occurred_at": NOON + 2, "timestamp": NOON + 2 - DAY}),
    ("from_the_future", VIEW | {"occurred_at": NOON + 3, "timestamp": NOON + 2 - DAY}),
    ("reject", {"topic": "note-views", "user_id": "u1"}),
    ("reject", VIEW | {"topic": "note-likes"}),
    ("reject", "not JSON"),
]


#: Comes when all the others were read and event time has moved on to NOON + 2.
LATE = VIEW | {"occurred_at": NOON + 1 - 3 * DAY}


def expected(outcome: str) -> int:
    return sum(1 for found, _ in LINES if found == outcome)


def write(folder: Path) -> None:
    lines = [line if isinstance(line, str) else json.dumps(line) for _, line in LINES]
    (folder / "events.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "late.jsonl").write_text(json.dumps(LATE) + "\n")


def replay(zhongcao: Zhongcao, file: str = "events.jsonl") -> str:
    done = zhongcao("replay", file, "--format", "jsonl", "--embedded", "data")
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_every_line_is_accounted_for(zhongcao: Zhongcao, tmp_path: Path) -> None:
    write(tmp_path)
    told = replay(zhongcao)
    replay(zhongcao, "late.jsonl")
    facts = "(SELECT count() FROM current_touches) + (SELECT count() FROM current_order_events)"
    [(count,)] = zhongcao.sql("data", f"SELECT {facts}")
    letters = zhongcao.sql(
        "data", "SELECT reason, count() FROM current_dead_letters GROUP BY reason ORDER BY reason"
    )
    assert int(count) == expected("fact") + 1
    assert letters == [
        ("from_the_future", str(expected("from_the_future"))),
        ("invalid_field", str(expected("invalid_field"))),
    ]
    rejects = (tmp_path / "data/events.jsonl.rejects.jsonl").read_text().splitlines()
    assert [json.loads(line)["line"] for line in rejects] == [11, 12, 13]
    assert f"{expected('reject')} lines are no events" in told


def test_a_dead_letter_keeps_its_bytes_and_its_neighbours_are_unharmed(
    zhongcao: Zhongcao, tmp_path: Path
) -> None:
    write(tmp_path)
    replay(zhongcao)
    [(payload_has_id,)] = zhongcao.sql(
        "data",
        "SELECT countIf(position(payload, repeat('n', 65)) > 0 AND key = 'u1') FROM current_dead_letters",
    )
    assert payload_has_id == "1"
    replay(zhongcao, "late.jsonl")
    [path] = zhongcao.sql("data", "SELECT path.note_id FROM current_conversions")
    assert path == (f"['n1','n1','{'n' * 64}']",)


def test_what_comes_on_stdin(zhongcao: Zhongcao, tmp_path: Path) -> None:
    lines = f"{json.dumps(VIEW)}\n{json.dumps(VIEW)}\nnot JSON\n"
    done = zhongcao("replay", "-", "--format", "jsonl", "--embedded", "data", stdin=lines)
    assert done.returncode == 0, done.stderr
    assert "2 events processed" in done.stderr
    [reject] = (tmp_path / "data/stdin.rejects.jsonl").read_text().splitlines()
    assert json.loads(reject)["line"] == 3


def test_a_second_replay_changes_nothing(zhongcao: Zhongcao, tmp_path: Path) -> None:
    write(tmp_path)
    replay(zhongcao)
    first = digests(zhongcao)
    replay(zhongcao)
    assert digests(zhongcao) == first


def test_what_came_too_late_adds_no_dead_letter_however_often(
    zhongcao: Zhongcao, tmp_path: Path
) -> None:
    days = [VIEW | {"note_id": f"n{n}", "occurred_at": NOON + n * DAY} for n in range(100)]
    (tmp_path / "days.jsonl").write_text("\n".join(map(json.dumps, days)))
    for _ in range(2):
        replay(zhongcao, "days.jsonl")
    assert zhongcao.sql("data", "SELECT count() FROM current_dead_letters") == [("0",)]
    assert zhongcao.sql("data", "SELECT count(), sum(too_late) FROM current_touches") == [
        ("100", "0")
    ]


@pytest.mark.parametrize("stamped", [{}, {"timestamp": 4_080_000_000_000}])
def test_a_line_of_2099_among_lines_of_2025(
    zhongcao: Zhongcao, tmp_path: Path, stamped: dict[str, int]
) -> None:
    wrong = VIEW | {"note_id": "n9", "occurred_at": 4_080_000_000_000} | stamped
    lines = [VIEW, wrong, VIEW | {"note_id": "n2"}, PAY]
    (tmp_path / "events.jsonl").write_text("\n".join(map(json.dumps, lines)))
    replay(zhongcao)
    assert zhongcao.sql("data", "SELECT reason FROM current_dead_letters") == [("from_the_future",)]
    [(found, late)] = zhongcao.sql("data", "SELECT count(), sum(too_late) FROM current_touches")
    assert (found, late) == ("2", "0")


def digests(zhongcao: Zhongcao) -> list[tuple[str, ...]]:
    return [
        zhongcao.sql("data", f"SELECT count(), sum(sipHash64(toString(tuple(*)))) FROM {view}")[0]
        for view in (
            "current_touches",
            "current_order_events",
            "current_journeys",
            "current_conversions",
        )
    ]
