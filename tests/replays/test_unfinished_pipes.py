"""What comes after a replay that something ended must be the same events, whatever they come through."""

import subprocess
from pathlib import Path

import pytest
from cli.commands import EXECUTABLE, Zhongcao, environment
from cli.event_lines import PAY, VIEW
from cli.patched import DIES_BEFORE_THE_END, DIES_BEFORE_THE_FIRST_INSERT, dies
from test_unfinished_runs import MUCH_LATER, RIGHT, TABLES, lines

REPLAY = ("replay", "-", "--format", "jsonl", "--embedded", "data")
EVENTS = lines(VIEW, PAY, MUCH_LATER)
OTHERS = lines(VIEW | {"user_id": "u2"}, PAY | {"user_id": "u2", "amount_fen": -1}, MUCH_LATER)


def refused(zhongcao: Zhongcao, events: str) -> str:
    done = zhongcao(*REPLAY, stdin=events)
    assert done.returncode == 1
    [sentence] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    return sentence


@pytest.mark.parametrize("death", [DIES_BEFORE_THE_FIRST_INSERT, DIES_BEFORE_THE_END])
def test_another_pipe_after_one_that_died(zhongcao: Zhongcao, tmp_path: Path, death: str) -> None:
    dies(tmp_path, death, *REPLAY, stdin=EVENTS)
    for others in (OTHERS, lines(VIEW), ""):
        sentence = refused(zhongcao, others)
        assert "A run that reads a pipe has not come to its end in data" in sentence
        assert "with the same events from the beginning, or begin in a new folder" in sentence
    done = zhongcao(*REPLAY, stdin=EVENTS + lines(VIEW | {"user_id": "u3"}))
    assert done.returncode == 0, done.stderr
    assert zhongcao.sql("data", TABLES) == RIGHT
    users = "SELECT DISTINCT user_id FROM current_touches ORDER BY 1"
    assert zhongcao.sql("data", users) == [("u1",), ("u3",)]
    # Now that it is done, any other may come.
    assert zhongcao(*REPLAY, stdin=OTHERS).returncode == 0
    assert zhongcao.sql("data", "SELECT count() FROM current_dead_letters") == [("1",)]


def test_the_same_events_through_a_pipe_of_another_kind(zhongcao: Zhongcao, tmp_path: Path) -> None:
    dies(tmp_path, DIES_BEFORE_THE_END, *REPLAY, stdin=EVENTS)
    (tmp_path / "others.jsonl").write_text(OTHERS)
    (tmp_path / "events.jsonl").write_text(EVENTS)

    def substituted(name: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "-c", f'"$0" replay <(cat {name}) "${{@:3}}"', EXECUTABLE, *REPLAY],
            cwd=tmp_path, env=environment({}), capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    done = substituted("others.jsonl")
    assert done.returncode == 1, done.stderr
    assert "A run that reads a pipe has not come to its end" in done.stderr
    done = substituted("events.jsonl")
    assert done.returncode == 0, done.stderr
    assert zhongcao.sql("data", TABLES) == RIGHT


def test_a_file_that_changed_meanwhile(zhongcao: Zhongcao, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    replay = ("replay", "events.jsonl", *REPLAY[2:])
    file.write_text(EVENTS)
    dies(tmp_path, DIES_BEFORE_THE_END, *replay)
    for changed in (OTHERS, lines(VIEW, PAY)):
        file.write_text(changed)
        assert f"A run that reads {file} has not come to its end" in zhongcao.fails(*replay)
    # A log that has grown, under the name that rotation gave it.
    file.rename(tmp_path / "events.jsonl.1")
    (tmp_path / "events.jsonl.1").write_text(EVENTS + lines(VIEW | {"user_id": "u3"}))
    zhongcao.ok("replay", "events.jsonl.1", *REPLAY[2:])
    assert zhongcao.sql("data", TABLES) == RIGHT
