#!/usr/bin/env python3
"""Known vulnerabilities in the packages of a lock file: `audit.py requirements.lock`.

pip-audit asks PyPI, then OSV. It calls a package that the service does not know "skipped", and a run in which it
could find out nothing a success; here that is told apart.

Exit codes: 0 nothing is known, or nobody could be asked, which is told; 1 something is known, or a package is not to
be found where others are; 3 nobody could be asked, with AUDIT=strict. A service has AUDIT_TIMEOUT_S to answer.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SERVICES = ("pypi", "osv")
OPTIONS = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json")
FOUND, NOT_ASKED = 1, 3
TIMEOUT_S = float(os.environ.get("AUDIT_TIMEOUT_S", 300))


def report(pip_audit: Path, lock: Path, service: str) -> tuple[list[dict[str, Any]], str]:
    """What a service knows of each package, empty if it did not answer, and the last that pip-audit said."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "report.json")
        try:
            done = subprocess.run(
                [pip_audit, *OPTIONS, "-s", service, "-r", lock, "-o", output],
                stderr=subprocess.PIPE,
                text=True,
                timeout=TIMEOUT_S,
            )
        except subprocess.TimeoutExpired:
            return [], f"pip-audit had no answer after {TIMEOUT_S:g} s"
        said = done.stderr.strip().rpartition("\n")[2]
        if not output.exists() or not output.stat().st_size:
            return [], said
        return json.loads(output.read_text())["dependencies"], said


def main(lock: Path, pip_audit: Path) -> int:
    """The exit code."""
    for service in SERVICES:
        packages, said = report(pip_audit, lock, service)
        audited = [package for package in packages if "skip_reason" not in package]
        if audited:
            return judge(service, packages)
        skipped = [package["skip_reason"] for package in packages]
        print(f"audit: {service} could not be asked: {(skipped or [said])[0]}", file=sys.stderr)
    strict = os.environ.get("AUDIT") == "strict"
    print(
        f"audit: NOT MADE. Nobody could be asked about known vulnerabilities in {lock.name}: neither PyPI's nor OSV's "
        "service can be reached from here. Run `make audit AUDIT=strict` where one can.",
        file=sys.stderr,
    )
    return NOT_ASKED if strict else 0


def judge(service: str, packages: list[dict[str, Any]]) -> int:
    """Tell what a service that answered knows."""
    bad = 0
    for package in packages:
        if "skip_reason" in package:
            bad += 1
            print(f"audit: {package['name']}: {package['skip_reason']}", file=sys.stderr)
        for known in package.get("vulns", ()):
            bad += 1
            fixed = ", ".join(known["fix_versions"]) or "no version"
            told = f"{package['name']} {package['version']} has {known['id']}, fixed in {fixed}"
            print(f"audit: {told}", file=sys.stderr)
    if bad:
        return FOUND
    print(f"audit: nothing is known of {len(packages)} packages ({service})")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.executable).with_name("pip-audit")))
