"""The engine takes a share of the memory that there is, of the machine or of its control group."""

import os
from pathlib import Path

import pytest
from clickhouse_driver import Client
from embedded_clients import Run

from sinks.embedded.memory_limit import engine_memory_bytes

MACHINE = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    ("membership", "files", "wanted"),
    [
        ("0::/a/b\n", {"a/memory.max": "max", "a/b/memory.max": "1000000"}, 500_000),
        ("0::/a/b\n", {"a/memory.max": "1000000", "a/b/memory.max": "2000000"}, 500_000),
        ("0::/\n", {"memory.max": "1000000"}, 500_000),
        ("4:memory:/a\n0::/\n", {"memory/a/memory.limit_in_bytes": "1000000"}, 500_000),
        ("4:memory:/gone\n", {"memory/memory.limit_in_bytes": "1000000"}, 500_000),
        ("0::/a\n", {"a/memory.max": "max\n"}, MACHINE // 2),
        ("0::/a\n", {"a/memory.max": str(4 * MACHINE)}, MACHINE // 2),
        ("nonsense", {}, MACHINE // 2),
    ],
)
def test_half_of_what_there_is(
    tmp_path: Path, membership: str, files: dict[str, str], wanted: int
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "membership").write_text(membership)
    assert engine_memory_bytes(tmp_path, tmp_path / "membership") == wanted


def test_without_control_groups(tmp_path: Path) -> None:
    assert engine_memory_bytes(tmp_path, tmp_path / "none") == MACHINE // 2


def test_the_engine_knows(client: Client) -> None:
    asked = "SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'"
    assert client.execute(asked) == [(str(engine_memory_bytes()),)]


def test_a_query_beyond_it_is_refused_and_the_next_answered(run_python: Run) -> None:
    code = """
import sinks.embedded.rights as rights
rights.engine_memory_bytes = lambda: 1 << 30
with EmbeddedServer(folder, account=Account()) as server, Client("127.0.0.1", port=server.native_port) as client:
    try:
        client.execute("SELECT length(groupArray(number)) FROM numbers(1000000000)")
    except Exception as error:
        print(error.code)
    print(client.execute("SELECT 1"))
"""
    assert run_python(code).splitlines() == ["241", "[(1,)]"]
