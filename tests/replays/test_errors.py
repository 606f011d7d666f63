"""What a user can do wrong is told in one sentence: what is wrong, where, and what to do."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.commands import Zhongcao, environment

EVENTS = "events.jsonl"


@pytest.fixture(autouse=True)
def events(zhongcao: Zhongcao) -> None:
    zhongcao.ok("generate", "--events", "20000", "--output", EVENTS)


def replay(folder: str | Path) -> tuple[str, ...]:
    return "replay", EVENTS, "--format", "jsonl", "--embedded", str(folder)


def test_a_folder_that_another_process_serves(zhongcao: Zhongcao) -> None:
    with zhongcao.serving("data", "--port", "0", "--http-port", "0") as server:
        sentence = zhongcao.fails(*replay("data"))
        assert str(server.pid) in sentence
        assert "data" in sentence
        # Reading is possible meanwhile: the query goes to the server that runs.
        assert zhongcao.sql("data", "SELECT count() FROM current_touches") == [("0",)]


def test_a_port_in_use(zhongcao: Zhongcao) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        sentence = zhongcao.fails("clickhouse", "data", "--port", port, "--http-port", "0")
    assert port in sentence


def test_the_embedded_extra_is_missing(zhongcao: Zhongcao, tmp_path: Path) -> None:
    without = (
        "import sys; sys.modules['chdb'] = None; sys.argv[0] = 'zhongcao';"
        "from streams.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", without, *replay("data")],
        cwd=tmp_path,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "pip install 'zhongcao[embedded]'" in done.stderr


@pytest.mark.parametrize("zone", ["Garbage/Zone", ":/nope"])
def test_a_time_zone_that_is_none(zhongcao: Zhongcao, zone: str) -> None:
    sentence = zhongcao.fails(*replay("data"), TZ=zone)
    assert f"the variable TZ is {zone!r}" in sentence
    assert "pip install" not in sentence


@pytest.fixture(params=["128k", "1500k", "3m"])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A disk with room for no table, for tables but no state, or for some rows."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={request.param}", "tmpfs", disk],
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk(zhongcao: Zhongcao, small_disk: Path) -> None:
    sentence = zhongcao.fails(*replay(small_disk / "data"))
    assert "space" in sentence
    subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)
    zhongcao.ok(*replay(small_disk / "data"))


def test_a_state_of_another_number_of_partitions(zhongcao: Zhongcao, tmp_path: Path) -> None:
    state = tmp_path / "data/state"
    state.mkdir(parents=True)
    (state / "layout.json").write_text('{"partitions": 7}')
    assert "made for 7 partitions, not 4" in zhongcao.fails(*replay("data"))


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("replay", "no.jsonl", "--format", "jsonl", "--embedded", "d"), 1, "no.jsonl"),
        (("replay", EVENTS, "--format", "jsonl"), 1, "Kafka at kafka://127.0.0.1:1"),
        (("topics", "check"), 1, "Kafka at kafka://127.0.0.1:1"),
        (("replay", ".", "--format", "jsonl", "--embedded", "d"), 1, "folder"),
        (("sql", "--embedded", "nowhere", "SELECT 1"), 2, "There is no folder nowhere"),
        ((*replay("d"), "--lookback-days", "91"), 2, "lookback_days is 91"),
        (("demo", "--events", "0"), 2, "events"),
        (("worker", "--config", "no.toml"), 2, "no.toml"),
    ],
)
def test_usage(zhongcao: Zhongcao, args: tuple[str, ...], code: int, says: str) -> None:
    assert says in zhongcao.fails(*args, code=code, ZHONGCAO_BROKER="kafka://127.0.0.1:1")


def test_settings_from_outside_are_named(zhongcao: Zhongcao) -> None:
    sentence = zhongcao.fails("doctor", code=2, ZHONGCAO_LOOKBACK_DAYS="many")
    assert "environment variable ZHONGCAO_LOOKBACK_DAYS" in sentence


def test_a_query_that_fails_keeps_the_code_of_the_server(zhongcao: Zhongcao) -> None:
    zhongcao.ok(*replay("data"))
    assert "Code: 60" in zhongcao.fails("sql", "--embedded", "data", "SELECT 1 FROM nothing")
