"""`make audit` tells apart: nothing is known, something is known, nobody could be asked."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

AUDIT = Path(__file__).parents[2] / ".ci/audit.py"

PIP_AUDIT = """#!{python}
import json, sys, time
reports = json.loads({reports!r})
report = reports.get(sys.argv[sys.argv.index("-s") + 1])
if report == "silent":
    time.sleep(60)
if report is None:
    sys.exit("ConnectionError: no route")
open(sys.argv[sys.argv.index("-o") + 1], "w").write(json.dumps({{"dependencies": report}}))
"""

GOOD = {"name": "one", "version": "1.0", "vulns": []}
BAD = {"name": "two", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}
UNKNOWN = {"name": "three", "skip_reason": "Dependency not found on PyPI: three (3.0)"}


def audit(
    folder: Path, reports: dict[str, Any], **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run it with a pip-audit that has these reports, by service; without one it cannot connect."""
    python = folder / "python"
    python.symlink_to(sys.executable)
    program = folder / "pip-audit"
    program.write_text(PIP_AUDIT.format(python=sys.executable, reports=json.dumps(reports)))
    program.chmod(0o755)
    inherited = {name: value for name, value in os.environ.items() if name != "AUDIT"}
    return subprocess.run(
        [python, AUDIT, folder / "requirements.lock"],
        env=inherited | environ,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_nothing_is_known(tmp_path: Path) -> None:
    done = audit(tmp_path, {"pypi": [GOOD, GOOD]})
    assert done.returncode == 0
    assert done.stdout == "audit: nothing is known of 2 packages (pypi)\n"
    assert done.stderr == ""


def test_what_is_known_fails_and_is_named(tmp_path: Path) -> None:
    done = audit(tmp_path, {"pypi": [GOOD, BAD]})
    assert done.returncode == 1
    assert done.stderr == "audit: two 2.0 has PYSEC-1, fixed in 2.1\n"


def test_a_package_that_is_not_where_others_are_fails(tmp_path: Path) -> None:
    done = audit(tmp_path, {"pypi": [GOOD, UNKNOWN]})
    assert done.returncode == 1
    assert "three" in done.stderr


def test_where_one_service_does_not_answer_the_other_is_asked(tmp_path: Path) -> None:
    done = audit(tmp_path, {"osv": [GOOD]})
    assert done.returncode == 0
    assert done.stdout == "audit: nothing is known of 1 packages (osv)\n"
    assert "pypi could not be asked: ConnectionError: no route" in done.stderr


@pytest.mark.parametrize(("environ", "code"), [({}, 0), ({"AUDIT": "strict"}, 3)])
@pytest.mark.parametrize("reports", [{}, {"pypi": [UNKNOWN, UNKNOWN]}, {"pypi": []}])
def test_where_nobody_can_be_asked_it_is_told(
    tmp_path: Path, reports: dict[str, Any], environ: dict[str, str], code: int
) -> None:
    done = audit(tmp_path, reports, **environ)
    assert done.returncode == code
    assert "audit: NOT MADE." in done.stderr
    assert "nothing is known" not in done.stdout


def test_a_service_that_does_not_answer_was_not_asked(tmp_path: Path) -> None:
    done = audit(
        tmp_path, {"pypi": "silent", "osv": "silent"}, AUDIT="strict", AUDIT_TIMEOUT_S="0.5"
    )
    assert done.returncode == 3
    *services, last = done.stderr.splitlines()
    assert services == [
        f"audit: {name} could not be asked: pip-audit had no answer after 0.5 s"
        for name in ("pypi", "osv")
    ]
    assert last.startswith("audit: NOT MADE.")
