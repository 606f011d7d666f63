"""Runs the installed command as a user does: a process, its output and its exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EXECUTABLE = Path(sys.executable).with_name("zhongcao")
TIMEOUT_S = 300


class Zhongcao:
    """`zhongcao …` in one folder, with no settings from outside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self, *args: str, stdin: str | None = None, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [EXECUTABLE, *args],
            input=stdin,
            cwd=self.folder,
            env=environment(environ),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )

    def ok(self, *args: str) -> str:
        """stdout of a command that must succeed."""
        done = self(*args)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fails(self, *args: str, code: int = 1, **environ: str) -> str:
        """The sentence of a command that must fail: one error line, no traceback."""
        done = self(*args, **environ)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        [sentence] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        return sentence

    def sql(self, folder: str, query: str) -> list[tuple[str, ...]]:
        """Rows of a query in an embedded folder."""
        lines = self.ok("sql", "--embedded", folder, "--format", "TSV", query).splitlines()
        return [tuple(line.split("\t")) for line in lines]

    def served(self, folder: str) -> dict[str, str]:
        """The settings, as environment variables, of a command that asks what serves a folder."""
        [lock] = (self.folder / folder).glob("*.lock")
        ports = json.loads(lock.read_text())
        return {
            "ZHONGCAO_CLICKHOUSE_PORT": str(ports["native_port"]),
            "ZHONGCAO_CLICKHOUSE_HTTP_PORT": str(ports["http_port"]),
            "ZHONGCAO_CLICKHOUSE_PASSWORD": (lock.parent / "embedded.password").read_text(),
        }

    @contextmanager
    def serving(self, *args: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
        """`zhongcao clickhouse …` while inside, from when it says that it serves."""
        server = subprocess.Popen(
            [EXECUTABLE, "clickhouse", *args],
            cwd=self.folder,
            env=environment(environ),
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stderr
            assert any("Ctrl-C" in line for line in iter(server.stderr.readline, ""))
            yield server
        finally:
            server.terminate()
            server.communicate(timeout=TIMEOUT_S)


def environment(extra: dict[str, str]) -> dict[str, str]:
    """That of a command: no settings from outside, and no web port, for which workers side by side would quarrel."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("ZHONGCAO_")}
    return inherited | {"ZHONGCAO_WEB_PORT": "0"} | extra
