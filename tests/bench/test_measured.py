"""What a process costs is what all of its tree costs."""

import sys
import time
from pathlib import Path

from bench.measured import Command, run, run_all

BURN = "import time; t = time.process_time()\nwhile time.process_time() - t < {}: pass"
SLEEP = "import time; time.sleep(60)"


def python(code: str, folder: Path, name: str = "log", **environment: str) -> Command:
    return Command([sys.executable, "-c", code], environment, folder / name)


def test_a_process_costs_what_it_and_its_children_burn(tmp_path: Path) -> None:
    burn = BURN.format(0.6) + "\ntime.sleep(2)"  # it must be there when it is looked at
    child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])"
    cost = run(python(child, tmp_path), limit_s=30)
    assert cost.code == 0
    assert 0.5 < cost.cpu_s < 2
    assert cost.wall_s > 0.6
    assert cost.memory_bytes > 5 << 20


def test_a_process_that_is_done_is_told_to_stop(tmp_path: Path) -> None:
    began = time.monotonic()
    cost = run(python(SLEEP, tmp_path), 30, lambda: time.monotonic() - began > 0.5)
    assert cost.code == -15
    assert time.monotonic() - began < 20


def test_a_process_that_takes_too_long_is_cut_short(tmp_path: Path) -> None:
    assert run(python(SLEEP, tmp_path), limit_s=0.3).code is None


def test_what_it_prints_is_kept_and_its_environment_is_its_own(tmp_path: Path) -> None:
    command = python("import os; print(os.environ['GIVEN'])", tmp_path, GIVEN="so")
    assert run(command, limit_s=30).code == 0
    assert (tmp_path / "log").read_text() == "so\n"


def test_several_cost_what_they_burn_together(tmp_path: Path) -> None:
    burn = BURN.format(0.5) + "\nprint('burnt', flush=True)\ntime.sleep(600)"
    both = [python(burn, tmp_path, name) for name in ("a", "b")]
    cost = run_all(both, 120, lambda: all("burnt" in each.log.read_text() for each in both))
    assert cost.code == -15
    assert 0.9 < cost.cpu_s < 3


def test_several_end_with_the_first_that_fails(tmp_path: Path) -> None:
    began = time.monotonic()
    failing = python("import sys; sys.exit(3)", tmp_path, "failing")
    cost = run_all([python(SLEEP, tmp_path), failing], limit_s=50)
    assert cost.code == 3
    assert time.monotonic() - began < 20
