"""The installed command with a part of it replaced, so that it ends or waits where a test wants it to."""

import subprocess
import sys
from pathlib import Path

from cli.commands import environment

MAIN = "import sys; sys.argv[0] = 'zhongcao'; from streams.cli import main; main()"

#: ClickHouse is never given the rows that the state has already.
DIES_BEFORE_THE_FIRST_INSERT = """
import os
from sinks.writer import Writer
Writer.insert = lambda *_: os._exit(9)
"""
#: Everything is safe, but nobody has said so.
DIES_BEFORE_THE_END = """
import os
from streams.folder import Run
Run.finish = lambda _: os._exit(9)
"""
DIED = 9


def start(folder: Path, patch: str, *args: str) -> "subprocess.Popen[str]":
    """`zhongcao …` with a patch, its stdin and output in pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", patch + MAIN, *args],
        cwd=folder,
        env=environment({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def dies(folder: Path, patch: str, *args: str, stdin: str | None = None) -> None:
    """Run it, and see it die as it should."""
    process = start(folder, patch, *args)
    said = process.communicate(stdin, timeout=120)
    assert process.returncode == DIED, said
