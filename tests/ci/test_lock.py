"""The lock files name each package once, in one version, with the hashes of its files."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALL = "requirements.lock"
LOCKS = (ALL, "requirements-run.lock", "docker/standins/clickhouse/requirements.lock")
PINNED = re.compile(
    r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9,-]+\])?==(\S+)(?: ; [^\\\n]+)? \\\n"
    r"((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
    re.MULTILINE | re.IGNORECASE,
)


def pinned(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text()
    others = [line for line in PINNED.sub("", text).splitlines() if line and line[0] != "#"]
    assert not others
    found = PINNED.findall(text)
    assert len({package for package, *_ in found}) == len(found) > 5
    return {package: version for package, version, *_ in found}


@pytest.mark.parametrize("name", LOCKS)
def test_each_package_has_hashes_and_the_version_that_tests_ran_with(name: str) -> None:
    assert pinned(name).items() <= pinned(ALL).items()


def test_packages_are_installed_with_their_hashes() -> None:
    for name in ("Makefile", "Dockerfile", "docker/standins/clickhouse/Dockerfile"):
        lines = (ROOT / name).read_text().replace("\\\n", "").splitlines()
        installs = [line for line in lines if "install " in line and "--requirement" in line]
        assert installs, name
        assert all("--require-hashes" in line for line in installs), name


def test_a_release_is_checked_strictly() -> None:
    rule = (ROOT / "Makefile").read_text().split("\nrelease-check:")[1].split("\n\n")[0]
    assert "check AUDIT=strict" in rule
