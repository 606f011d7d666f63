"""Whoever sends events chooses ids: no command obeys them, as markup or as a terminal would."""

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli.commands import EXECUTABLE, Zhongcao, environment

PAID_AT = 1_750_000_000_000
ID = "[/nope][red]a[link=http://x]\x1b]0;title\x07\x1b[2J\x9b31m\u202eb"
SHOWN = "[/nope][red]a[link=http://x]\\x1b]0;title\\x07\\x1b[2J\\x9b31m\\u202eb"
OBEYED = ("\x1b", "\x07", "\x9b", "\u202e")


def event(topic: str, **fields: Any) -> str:
    own = {
        "topic": topic,
        "user_id": f"u{ID}",
        "brand_id": f"b{ID}",
        "occurred_at": PAID_AT,
        "timestamp": PAID_AT,
    }
    return json.dumps(own | fields)  # fmt: skip


EVENTS = [
    event("note-views", note_id=f"n{ID}", surface="EXPLORE", promoted=False, occurred_at=PAID_AT - 1),
    event("taobao-purchases", kind="PAY", amount_fen=5, txn_id="t", order_id=f"o{ID}", sub_order_id=f"s{ID}",
          shop_id=f"h{ID}", item_id=f"i{ID}", quantity=1),
    f'{{"topic": "{ID}"}}',
]  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Zhongcao:
    zhongcao = Zhongcao(tmp_path_factory.mktemp("hostile"))
    done = zhongcao("replay", "-", "--format", "jsonl", "--embedded", "data", stdin="\n".join(EVENTS))  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "1 line is no event" in done.stderr
    return zhongcao


def on_a_terminal(folder: Path, *args: str) -> str:
    """What a command writes when its output is a terminal."""
    ours, theirs = pty.openpty()
    environ = environment({"TERM": "xterm", "COLUMNS": "400", "NO_COLOR": "1"})
    with subprocess.Popen(
        [EXECUTABLE, *args], cwd=folder, env=environ, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        written = b""
        try:
            while piece := os.read(ours, 65536):
                written += piece
        except OSError:  # the other end is closed
            pass
        finally:
            os.close(ours)
        assert process.wait(60) == 0, written
    return written.decode()


@pytest.mark.parametrize(
    "command",
    [
        ("explain", f"s{ID}"),
        ("explain", f"s{ID}", "--json"),
        *(
            ("attribute", "--model", "markov", "--by", by, *json_too)
            for by in ("note", "surface")
            for json_too in ((), ("--json",))
        ),
        ("report", "--brand", f"b{ID}", "--output", "page.html"),
    ],
)
def test_a_command_shows_ids_and_obeys_none(told: Zhongcao, command: tuple[str, ...]) -> None:
    shown = told.ok(*command, "--embedded", "data")
    assert not [c for c in OBEYED if c in shown]
    if "--json" in command:
        assert repr(f"b{ID}") in str(json.loads(shown))
    elif command[0] != "report":
        assert f"b{SHOWN}" in "".join(line.strip() for line in shown.splitlines())


@pytest.mark.parametrize(
    "command",
    [
        ("explain", f"nobody{ID}"),
        ("explain", f"o{ID}"),
        ("report", "--brand", f"nobody{ID}"),
        ("sql", f"SELECT '{ID}' FROM nowhere"),
        ("sql", f"SELECT throwIf(1, '{ID}')"),
    ],
)
def test_an_error_quotes_ids_and_obeys_none(told: Zhongcao, command: tuple[str, ...]) -> None:
    done = told(*command, "--embedded", "data")
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert "[/nope][red]a" in done.stderr
    assert not [c for c in OBEYED if c in done.stderr]


@pytest.mark.parametrize("command", [("explain", "x", f"--{ID}"), (f"{ID}",), ("demo", "--events", ID)])  # fmt: skip
def test_wrong_usage_is_quoted_and_not_obeyed(told: Zhongcao, command: tuple[str, ...]) -> None:
    done = told(*command)
    assert done.returncode == 2
    assert not [c for c in OBEYED if c in done.stderr]


def test_a_query_shows_them_on_a_terminal_and_passes_them_to_a_pipe(told: Zhongcao) -> None:
    query = ("sql", "--embedded", "data", "--format", "RawBLOB", "SELECT note_id FROM touches LIMIT 1")  # fmt: skip
    assert told.ok(*query) == f"n{ID}"
    assert on_a_terminal(told.folder, *query) == f"n{SHOWN}"


def test_explain_on_a_terminal(told: Zhongcao) -> None:
    shown = on_a_terminal(told.folder, "explain", f"s{ID}", "--embedded", "data")
    assert f"s{SHOWN}" in shown.replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert "\x1b]" not in shown
    assert "\x1b[2J" not in shown
