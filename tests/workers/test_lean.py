"""A worker has few threads, unless it is told otherwise, and Python seldom looks for cycles."""

import os
import subprocess
import sys

import pytest

WORKERS = ("streams.cli.worker", "bench.drain.null_sink")
THREADS = ("POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS")
#: What is told when a library is imported for the first time: then it starts its threads.
TOLD = """
import os, sys

class Told:
    def find_spec(self, name, *_):
        if name in ("polars", "numpy"):
            print(name, os.environ.get("{}"))

sys.meta_path.insert(0, Told())
import {}
"""


def told(code: str, **environment: str) -> list[str]:
    """What a new process prints, line by line."""
    others = {name: value for name, value in os.environ.items() if name not in THREADS}
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=others | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return found.stdout.splitlines()


@pytest.mark.parametrize("module", WORKERS)
@pytest.mark.parametrize(("library", "name"), [("polars", THREADS[0]), ("numpy", THREADS[1])])
def test_a_library_has_one_thread(module: str, library: str, name: str) -> None:
    code = TOLD.format(name, module)
    assert f"{library} 1" in told(code)
    assert f"{library} 3" in told(code, **{name: "3"})


@pytest.mark.parametrize("module", WORKERS)
def test_polars_has_that_thread(module: str) -> None:
    code = f"import {module}, polars; print(polars.thread_pool_size())"
    assert told(code) == ["1"]
    assert told(code, POLARS_MAX_THREADS="3") == ["3"]


@pytest.mark.parametrize("module", WORKERS)
def test_python_seldom_looks_for_cycles(module: str) -> None:
    assert told(f"import {module}, gc; print(gc.get_threshold()[0])") == ["200000"]
