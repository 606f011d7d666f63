"""A check that was told to check nothing does not pass."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOUND = os.pathsep.join(
    str(ROOT / name) for name in ("tests", "tests/integration", "tests/streams")
)


@pytest.mark.parametrize(
    "args",
    [
        ("faults", "--seeds", "0"),
        ("faults", "--minutes", "0"),
        ("faults.folder", "--tries", "0"),
        ("faults.outage", "--rate", "0"),
        ("fuzz", "--datums", "0"),
        ("mutants", "--only", "no such guard"),
        ("bench.drain", "--events", "0"),
        ("bench.queries", "--asked", "0"),
        ("bench.scaling", "--events", "0"),
        ("bench.sizes", "--events", "0"),
        ("bench.hot", "--events", "0"),
    ],
)
def test_nothing_is_no_success(args: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *args],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": FOUND}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode
    assert "Traceback" not in done.stderr
