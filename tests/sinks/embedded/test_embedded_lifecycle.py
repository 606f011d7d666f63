"""Starting, stopping and sharing a folder."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from embedded_clients import ROOT, Run

from schemas.errors import EmbeddedServerError
from sinks.embedded import EmbeddedServer, running_server

SERVE = """
import sys
from pathlib import Path
from sinks.embedded import Account, EmbeddedServer, serve_until_signal
server = EmbeddedServer(Path(sys.argv[1]), account=Account())
serve_until_signal(server, lambda: print(server.native_port, server.http_port, flush=True))
print("stopped")
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A server in a process of its own, on the folder tmp_path/data."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path / "data")],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        yield process
        process.kill()


def stop(process: subprocess.Popen[str], number: int) -> str:
    process.send_signal(number)
    return process.communicate(timeout=30)[0]


def test_servers_one_after_another_keep_their_data(run_python: Run) -> None:
    code = """
for name in "abab":
    server = EmbeddedServer(folder / name, account=Account())
    with server, Client("127.0.0.1", port=server.native_port) as client:
        client.execute("CREATE TABLE IF NOT EXISTS t (x Int8) ENGINE = MergeTree ORDER BY x")
        client.execute("INSERT INTO t VALUES", [(1,)])
        print(client.execute("SELECT count() FROM t")[0][0], running_server(folder / name) is not None)
    print(running_server(folder / name))
"""
    assert run_python(code).splitlines() == [
        "1 True", "None", "1 True", "None", "2 True", "None", "2 True", "None",
    ]  # fmt: skip


def test_two_at_once_in_one_process(run_python: Run) -> None:
    code = """
with EmbeddedServer(folder / "a"):
    for other in ("b", "a"):
        try:
            EmbeddedServer(folder / other).start()
        except EmbeddedServerError as error:
            print(error)
"""
    other, same = run_python(code).splitlines()
    assert "chDB opens one folder per process" in other
    assert "is in use by process" in same


def test_stopping_ends_a_running_query(run_python: Run) -> None:
    code = """
import threading, time
def ask(port):
    with Client("127.0.0.1", port=port) as client:
        try:
            client.execute("SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))")
        except EOFError:
            print("cut off")
with EmbeddedServer(folder, account=Account()) as server:
    asking = threading.Thread(target=ask, args=(server.native_port,))
    asking.start()
    with Client("127.0.0.1", port=server.native_port) as client:
        while client.execute("SELECT count() FROM system.processes WHERE query LIKE '%sipHash64%'") != [(2,)]:
            time.sleep(0.02)
    started = time.monotonic()
print(time.monotonic() - started < 5)
asking.join()
"""
    assert sorted(run_python(code).splitlines()) == ["True", "cut off"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_foreground_server(
    served: subprocess.Popen[str], tmp_path: Path, number: int
) -> None:
    assert served.stdout is not None
    native_port, http_port = map(int, served.stdout.readline().split())
    running = running_server(tmp_path / "data")
    assert running is not None
    assert (running.pid, running.native_port, running.http_port) == (
        served.pid, native_port, http_port,
    )  # fmt: skip
    with pytest.raises(EmbeddedServerError, match=f"is in use by process {served.pid}"):
        EmbeddedServer(tmp_path / "data").start()
    assert stop(served, number) == "stopped\n"
    assert running_server(tmp_path / "data") is None


def test_what_was_acknowledged_survives_a_kill(
    served: subprocess.Popen[str], tmp_path: Path, run_python: Run
) -> None:
    assert served.stdout is not None
    port = int(served.stdout.readline().split()[0])
    insert = f"""
with Client("127.0.0.1", port={port}) as client:
    client.execute("CREATE TABLE t (x Int64) ENGINE = MergeTree ORDER BY x")
    for n in range(20):
        client.execute("INSERT INTO t VALUES", [(n,)])
"""
    run_python(insert)
    stop(served, signal.SIGKILL)
    assert running_server(tmp_path / "data") is None
    count = """
with EmbeddedServer(folder, account=Account()) as server, Client("127.0.0.1", port=server.native_port) as client:
    print(client.execute("SELECT count(), sum(x) FROM t"))
"""
    started = time.monotonic()
    assert run_python(count) == "[(20, 190)]\n"
    assert time.monotonic() - started < 30
    assert os.listdir(tmp_path / "data")
