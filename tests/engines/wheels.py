"""The releases of ClickHouse that views and statements are tried on: older wheels of chDB are these engines.

A wheel is installed without what it depends on, which is for data frames, into a folder of its own that is kept.
"""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

KEPT = Path(__file__).parents[2] / ".engines"

#: Release → the wheel that is its engine. The newest one is our own, that of requirements.lock.
WHEELS: Mapping[str, str] = {
    "24.8": "chdb==3.3.0",
    "25.5": "chdb==3.4.1",
    "25.8": "chdb==3.7.2",
    "26.1": "chdb-core==26.1.0",
    "26.3": "chdb-core==26.3.0",
    "26.5": "chdb-core==26.5.0",
    "26.7": "chdb-core==26.7.3",
}
OLDEST, LONG_TERM = "24.8", "25.8"


def installed(release: str) -> Path:
    """The folder with the wheel of a release, which is fetched if it is not there yet."""
    folder = KEPT / WHEELS[release].replace("==", "-")
    if not folder.exists():
        KEPT.mkdir(exist_ok=True)
        fresh = mkdtemp(dir=KEPT)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        what = ["--no-deps", "--only-binary", ":all:", "--target", fresh, WHEELS[release]]
        try:
            subprocess.run([*pip, *what], check=True, timeout=600)
            Path(fresh).rename(folder)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
    return folder
