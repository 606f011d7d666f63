"""A command whose stdin, stdout or stderr is closed or full: it says so where it needs it, and goes on where not."""

import subprocess

import pytest
from commands import EXECUTABLE, Zhongcao, environment


def run(zhongcao: Zhongcao, redirected: str, *args: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command behind the shell's redirections."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" "$@" {redirected}', str(EXECUTABLE), *args],
        cwd=zhongcao.folder, env=environment({}), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("where", [("--embedded", "data"), ()])
def test_events_from_a_stdin_that_is_closed(zhongcao: Zhongcao, where: tuple[str, ...]) -> None:
    code, _, told = run(zhongcao, "<&-", "replay", "-", "--format", "jsonl", *where)
    assert (code, told.count("\n")) == (1, 1)
    assert "stdin is closed" in told


def test_an_empty_stdin_is_open(zhongcao: Zhongcao) -> None:
    code, _, told = run(
        zhongcao, "</dev/null", "replay", "-", "--format", "jsonl", "--embedded", "d"
    )
    assert (code, told.count("\n")) == (1, 1)
    assert "closed" not in told


def test_brands_from_a_stdin_that_is_closed(zhongcao: Zhongcao) -> None:
    code, _, told = run(zhongcao, "<&-", "migrate", "--with-access", "--brands", "-")
    assert code == 2
    assert "stdin is closed" in told


@pytest.mark.parametrize(
    ("redirected", "says"),
    [(">&-", "it is closed"), (">/dev/full", "No space left on device")],
)
@pytest.mark.parametrize("args", [("generate", "--events", "5"), ("--version",), ("sql", "--help")])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_results_are_not_lost_silently(
    zhongcao: Zhongcao, monkeypatch: pytest.MonkeyPatch, redirected: str, says: str, args: tuple[str, ...],
    unbuffered: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    code, _, told = run(zhongcao, redirected, *args)
    assert code == 1
    assert f"stdout cannot be written ({says})" in told


def test_a_full_disk_under_a_file(zhongcao: Zhongcao) -> None:
    code, _, told = run(zhongcao, "", "generate", "--events", "5", "--output", "/dev/full")
    assert code == 1
    assert "No space left on device" in told


def test_who_needs_them_not_goes_on(zhongcao: Zhongcao) -> None:
    zhongcao.ok("generate", "--events", "100", "--output", "e.jsonl")
    replay = ("replay", "e.jsonl", "--format", "jsonl", "--embedded", "data")
    assert run(zhongcao, "<&- >&- 2>&-", *replay)[0] == 0
    assert run(zhongcao, "<&- 2>&-", "sql", "--embedded", "data", "SELECT 1")[:2] == (0, "1\n")
    assert run(zhongcao, "2>&-", "sql", "--embedded", "nowhere", "SELECT 1") == (2, "", "")
