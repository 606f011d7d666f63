"""SIGINT and SIGTERM end a command soon, with 130 and 143, and leave a folder that can be used."""

import json
import signal
import time
from pathlib import Path

import pytest
from cli.commands import Zhongcao
from cli.event_lines import VIEW
from cli.patched import start

INT, TERM = signal.SIGINT, signal.SIGTERM
SOON_S = 30
EVENTS = "".join(f"{json.dumps(VIEW | {'user_id': f'u{number}'})}\n" for number in range(10))

#: The source says that it is at work, and never comes to its first event.
WAITS = """
import time
from streams.folder import Source
Source._message = lambda *_: (print("here", flush=True), time.sleep(600))
"""
NEVER_STOPS = """
import asyncio
from streams.app import App
App.stop = lambda _: asyncio.sleep(600)
"""
IMPATIENT = """
from streams import stopping
stopping.STOP_S = 0.5
"""
PATIENT = """
from streams import stopping
stopping.STOP_S = 600
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "events.jsonl").write_text(EVENTS)
    return "events.jsonl"


def replay(file: str) -> tuple[str, ...]:
    return ("replay", file, "--format", "jsonl", "--embedded", "data")


def ended(folder: Path, patch: str, file: str, *numbers: signal.Signals) -> tuple[int, str]:
    """Exit code and stderr of a replay that is struck by signals at work."""
    process = start(folder, patch, *replay(file))
    assert process.stdout
    assert process.stdout.readline() == "here\n"
    for number in numbers:
        process.send_signal(number)
        time.sleep(0.2)
    try:
        told = process.communicate(timeout=SOON_S)[1]
    finally:
        process.kill()
    assert "Traceback" not in told
    return process.returncode, told.strip()


@pytest.mark.parametrize(("number", "code"), [(INT, 130), (TERM, 143)])
def test_a_replay_says_how_to_go_on(
    zhongcao: Zhongcao, tmp_path: Path, file: str, number: signal.Signals, code: int
) -> None:
    assert ended(tmp_path, WAITS, file, number) == (
        code,
        "error: Interrupted. Give the same command again: it begins where this run began, and comes to the same "
        "tables.",
    )
    zhongcao.ok(*replay(file))
    assert zhongcao.sql("data", "SELECT count() FROM current_touches") == [("10",)]


@pytest.mark.parametrize(
    ("patch", "numbers"), [(PATIENT, (INT, INT)), (PATIENT, (INT, TERM)), (IMPATIENT, (INT,))]
)
def test_a_stop_that_hangs(
    tmp_path: Path, file: str, patch: str, numbers: tuple[signal.Signals, ...]
) -> None:
    code, told = ended(tmp_path, WAITS + NEVER_STOPS + patch, file, *numbers)
    assert (code, told) == (130, "error: Interrupted, and not stopped in order.")


def test_what_came_through_a_pipe_is_finished(zhongcao: Zhongcao, tmp_path: Path) -> None:
    process = start(tmp_path, "", *replay("-"))
    assert process.stdin
    process.stdin.write(EVENTS)
    process.stdin.flush()
    wait_for_a_row(zhongcao)
    process.send_signal(INT)
    # `communicate` would close the pipe, in which the source waits for more.
    assert process.wait(SOON_S) == 130
    told = process.communicate()[1].strip()
    assert told == "error: Interrupted: 10 events had come, and all are safe."
    assert not (tmp_path / "data/unfinished").exists()
    assert zhongcao.sql("data", "SELECT count() FROM current_touches") == [("10",)]


def wait_for_a_row(zhongcao: Zhongcao) -> None:
    """The folder is served while the replay runs."""
    deadline = time.monotonic() + SOON_S
    query = ("sql", "--embedded", "data", "SELECT count() FROM current_touches")
    while zhongcao(*query).stdout.strip() != "10":
        assert time.monotonic() < deadline


@pytest.mark.parametrize(("number", "code"), [(INT, 130), (TERM, 143)])
def test_a_command_whose_reader_does_not_read(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    process = start(tmp_path, "", "generate", "--events", "1000000")
    assert process.stdout
    assert process.stdout.readline()
    process.send_signal(number)
    assert process.wait(SOON_S) == code
    assert process.communicate()[1].strip() == "error: Interrupted."
