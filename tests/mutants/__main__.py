"""Takes each guard away in a copy of the project and runs the tests that must notice.

Ends with exit code 1 if a change survives, or if tests fail without any.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from mutants.guards import MUTANTS
from mutants.mutant import Mutant

ROOT = Path(__file__).parents[2]
#: A test that hangs has noticed.
TIMEOUT_S = 600
#: Of pytest.
ALL_PASSED, SOME_FAILED = 0, 1


def copied(folder: Path) -> Path:
    """The files of the project as they are now, without what git does not know."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def exit_code(folder: Path, tests: tuple[str, ...], timeout_s: int | None = TIMEOUT_S) -> int:
    """Of pytest over some tests of a copy. Without a limit of time, they are to pass, and what fails is told."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    # Before what is installed, which is the project itself.
    environ = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, text=True, timeout=timeout_s
        )
    except subprocess.TimeoutExpired:
        return SOME_FAILED
    if timeout_s is None and done.returncode:
        print(done.stdout)
    if done.returncode not in (ALL_PASSED, SOME_FAILED):
        raise SystemExit(f"pytest could not run {' '.join(tests)}:\n{done.stdout}{done.stderr}")
    return done.returncode


def survives(folder: Path, mutant: Mutant) -> bool:
    """Does no test notice that this guard is gone?"""
    file = folder / mutant.file
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        return exit_code(folder, mutant.tests) == ALL_PASSED
    finally:
        file.write_text(text, encoding="utf-8")


def main() -> None:
    """Try every guard, or those whose names hold a text."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", default="", help="guards whose names hold this text")
    wanted = [m for m in MUTANTS if parser.parse_args().only in m.guard]
    if not wanted:
        raise SystemExit("No guard has such a name.")
    survivors = []
    with TemporaryDirectory() as place:
        folder = copied(Path(place))
        tests = tuple(sorted({test for mutant in wanted for test in mutant.tests}))
        print(f"without a change: {' '.join(tests)}", flush=True)
        if exit_code(folder, tests, timeout_s=None) != ALL_PASSED:
            raise SystemExit("These tests fail as they are, and could not tell a change.")
        for mutant in wanted:
            lives = survives(folder, mutant)
            survivors += [mutant] if lives else []
            print("SURVIVES" if lives else "noticed ", mutant.guard, flush=True)
    print(f"{len(wanted)} guards taken away, {len(survivors)} changes survive")
    sys.exit(bool(survivors))


if __name__ == "__main__":
    main()
