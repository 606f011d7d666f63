"""A replay into a folder that something ended is done over, and comes to the tables of one that nothing did."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cli.commands import Zhongcao
from cli.event_lines import DAY, NOON, PAY, VIEW
from cli.patched import DIES_BEFORE_THE_END, DIES_BEFORE_THE_FIRST_INSERT, dies
from held_users import held_users

REPLAY = ("replay", "events.jsonl", "--format", "jsonl", "--embedded", "data")
OTHER = ("replay", "other.jsonl", "--format", "jsonl", "--embedded", "data")
#: When it has come, the others are too late and have left the state.
MUCH_LATER = VIEW | {"occurred_at": NOON + 100 * DAY}
#: Of u1: too late, the path of the payment and whether it may lack something, the journey.
TABLES = """
SELECT (SELECT countIf(too_late) FROM current_touches),
    (SELECT any((path.note_id, path_incomplete)) FROM current_conversions),
    (SELECT countIf(purchased_at IS NOT NULL) FROM current_journeys)
"""
RIGHT = [("0", "(['n1'],false)", "1")]


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    events = (VIEW, PAY, MUCH_LATER)
    (tmp_path / "events.jsonl").write_text(lines(*events))
    (tmp_path / "other.jsonl").write_text(lines(VIEW | {"user_id": "u2"}))


def lines(*events: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(event)}\n" for event in events)


@pytest.mark.parametrize("death", [DIES_BEFORE_THE_FIRST_INSERT, DIES_BEFORE_THE_END])
def test_what_a_dead_run_read_is_judged_anew(
    zhongcao: Zhongcao, tmp_path: Path, death: str
) -> None:
    for _ in range(2):
        dies(tmp_path, death, *REPLAY)
    done = zhongcao(*REPLAY)
    assert done.returncode == 0, done.stderr
    assert "did not come to its end: it is done over" in done.stderr
    assert zhongcao.sql("data", TABLES) == RIGHT
    assert not (tmp_path / "data/unfinished").exists()


def test_what_was_finished_before_is_known(zhongcao: Zhongcao, tmp_path: Path) -> None:
    zhongcao.ok(*OTHER)
    dies(tmp_path, DIES_BEFORE_THE_FIRST_INSERT, *REPLAY)
    zhongcao.ok(*REPLAY)
    assert zhongcao.sql("data", TABLES) == RIGHT
    touches = "SELECT user_id FROM current_touches ORDER BY user_id, occurred_at"
    assert zhongcao.sql("data", touches) == [("u1",), ("u1",), ("u2",)]


def test_the_same_replay_after_one_that_was_finished(zhongcao: Zhongcao) -> None:
    for _ in range(3):
        zhongcao.ok(*REPLAY)
        assert zhongcao.sql("data", TABLES) == RIGHT


def test_another_file_has_to_wait(zhongcao: Zhongcao, tmp_path: Path) -> None:
    dies(tmp_path, DIES_BEFORE_THE_END, *REPLAY)
    sentence = zhongcao.fails(*OTHER)
    assert f"A run that reads {tmp_path}/events.jsonl has not come to its end in data" in sentence
    zhongcao.ok(*REPLAY)
    zhongcao.ok(*OTHER)
    assert zhongcao.sql("data", TABLES) == RIGHT


def test_another_file_of_the_same_name_and_another_order(
    zhongcao: Zhongcao, tmp_path: Path
) -> None:
    (tmp_path / "older").mkdir()
    shutil.copy(tmp_path / "other.jsonl", tmp_path / "older/events.jsonl")
    (tmp_path / "events.jsonl").write_text(lines(PAY, VIEW, MUCH_LATER))
    dies(tmp_path, DIES_BEFORE_THE_END, *REPLAY)
    older = ("replay", "older/events.jsonl", *REPLAY[2:])
    for command in (older, (*REPLAY, "--sort", "time")):
        assert f"give the command that reads {tmp_path}/events.jsonl" in zhongcao.fails(*command)
    zhongcao.ok("replay", f"{tmp_path}/events.jsonl", *REPLAY[2:])
    assert zhongcao.sql("data", TABLES) == RIGHT


@pytest.mark.parametrize(
    ("part", "lacks"), [("state", "the state lacks"), ("clickhouse", "ClickHouse lacks")]
)
def test_a_part_of_the_folder_is_lost(
    zhongcao: Zhongcao, tmp_path: Path, part: str, lacks: str
) -> None:
    zhongcao.ok(*REPLAY)
    shutil.rmtree(tmp_path / "data" / part)
    for _ in range(2):
        sentence = zhongcao.fails(*REPLAY)
        assert lacks in sentence
        assert "replay everything into a new folder" in sentence


def test_who_is_forgotten_does_not_come_back(zhongcao: Zhongcao, tmp_path: Path) -> None:
    zhongcao.ok(*REPLAY)
    dies(tmp_path, DIES_BEFORE_THE_END, *REPLAY)
    zhongcao.ok("forget", "u1", "--embedded", "data")
    states = [
        *(tmp_path / "data").glob("state/0*"),
        *(tmp_path / "data/unfinished/state").glob("0*"),
    ]
    assert len(states) == 8
    assert set().union(*map(held_users, states)) == set()
    zhongcao.ok(*REPLAY)
    assert zhongcao.sql("data", "SELECT count() FROM current_touches") == [("0",)]
