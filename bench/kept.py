"""Results that are kept, with the machine and the versions that they are of."""

import json
import os
import platform
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bench.measured import Cost

RESULTS: Final = Path(__file__).parent / "results"
PACKAGES: Final = (
    "zhongcao",
    "faust-streaming",
    "aiokafka",
    "polars",
    "rocksdict",
    "clickhouse-driver",
    "chdb",
)


def described() -> dict[str, Any]:
    """This machine, and the versions of what runs on it."""
    return {
        "machine": {
            "cores": os.cpu_count(),
            "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9),
            "python": platform.python_version(),
            "kernel": platform.release(),
        },
        "versions": {name: version(name) for name in PACKAGES},
    }


def keep(benchmark: str, found: Mapping[str, Any]) -> Path:
    """Write what a benchmark found to its file of today; that file."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{benchmark}-{time.strftime('%Y-%m-%d')}.json"
    file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    return file


def costs(cost: Cost) -> dict[str, Any]:
    """What something cost, as it lies in a file of results."""
    return {
        "cpu_s": round(cost.cpu_s, 2),
        "wall_s": round(cost.wall_s, 2),
        "memory_mb": round(cost.memory_bytes / 1e6),
    }
