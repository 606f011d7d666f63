"""Prometheus's own tool for trying rules: from PATH, or out of Debian's package, which is kept and not installed."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

CACHE = Path.home() / ".cache/zhongcao/prometheus"
EVERY_S = 30
#: Prometheus counts from 1970 here, and what is "ten minutes ago" must not be before that.
BEGINNING_S = 3600

#: Seconds since the beginning → a sample, None if there is none.
Course = Callable[[int], float | None]


def promtool() -> str:
    """The program's path; skips the test where it cannot be had."""
    if found := shutil.which("promtool"):
        return found
    kept = CACHE / "usr/bin/promtool"
    if not kept.exists():
        if not shutil.which("apt-get"):
            pytest.skip("promtool is not on this machine, nor apt-get to fetch it")
        CACHE.mkdir(parents=True, exist_ok=True)
        script = "apt-get download prometheus && dpkg -x prometheus_*.deb ."
        done = subprocess.run(
            script, shell=True, cwd=CACHE, capture_output=True, text=True, timeout=300
        )
        if done.returncode:
            pytest.skip(f"promtool is not on this machine, nor in Debian's packages: {done.stderr}")
    return str(kept)


def firing(
    folder: Path,
    rules: list[Mapping[str, Any]],
    courses: Mapping[str, Course],
    at: Mapping[int, set[str]],
) -> str:
    """What promtool says if, at so many seconds, other alerts fire than these; empty if none do."""
    last = max(at)
    (folder / "rules.yml").write_text(json.dumps({"groups": [{"name": "all", "rules": rules}]}))
    test = {
        "interval": f"{EVERY_S}s",
        "input_series": [
            {"series": series, "values": _values(course, last)}
            for series, course in courses.items()
        ],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"}) > 0',
                "eval_time": f"{BEGINNING_S + seconds}s",
                "exp_samples": [
                    {"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(names)
                ],
            }
            for seconds, names in at.items()
        ],
    }
    wanted = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": f"{EVERY_S}s",
        "tests": [test],
    }
    (folder / "tests.yml").write_text(json.dumps(wanted))
    done = subprocess.run(
        [promtool(), "test", "rules", "tests.yml"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _values(course: Course, last: int) -> str:
    """What Prometheus has of a series: where a sample is missing after one, it notes that the series ended."""
    told, had = [f"_x{BEGINNING_S // EVERY_S - 1}"], False
    for seconds in range(0, last + EVERY_S, EVERY_S):
        value = course(seconds)
        told.append(f"{value:.0f}" if value is not None else "stale" if had else "_")
        had = value is not None
    return " ".join(told)
