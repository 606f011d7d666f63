"""polars has one thread in a worker, unless it is told otherwise."""

import os
import subprocess
import sys

import pytest

ASKED = "import {}, polars; print(polars.thread_pool_size())"


@pytest.mark.parametrize("module", ["streams.cli.worker", "bench.drain.null_sink"])
@pytest.mark.parametrize(("told", "threads"), [({}, "1"), ({"POLARS_MAX_THREADS": "3"}, "3")])
def test_polars_has_one_thread(module: str, told: dict[str, str], threads: str) -> None:
    environment = {name: v for name, v in os.environ.items() if name != "POLARS_MAX_THREADS"}
    command = [sys.executable, "-c", ASKED.format(module)]
    found = subprocess.run(
        command, env=environment | told, capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout.strip() == threads
