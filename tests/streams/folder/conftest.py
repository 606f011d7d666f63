"""chDB opens one folder per process, and the tests' own has one: runs in a folder are runs of another process."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def apart(tmp_path: Path) -> Callable[[str], str]:
    """Runs code, in which `folder` is an empty one, in a process of its own; what it printed."""

    def run(code: str) -> str:
        given = f"from pathlib import Path\nfolder = Path({str(tmp_path)!r})\n"
        path = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
        done = subprocess.run(
            [sys.executable, "-c", given + code],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": path},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
