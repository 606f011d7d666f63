"""What maintainers read names what there is: CONTRIBUTING.md, the decisions, the hooks of pre-commit."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
DECISIONS = sorted((ROOT / "docs/decisions").glob("0*.md"))


def test_the_files_and_targets_that_contributing_names_exist() -> None:
    paths = re.findall(r"`((?:[a-z]+/)+[\w./]*)`", CONTRIBUTING)
    within = re.search(r"In `streams/`:\n\n(.*?)\n\n", CONTRIBUTING, re.DOTALL)
    assert within
    rows = re.findall(r"^\| (.+?) \| .* \|$", within[1], re.MULTILINE)
    paths += [f"streams/{path}" for row in rows for path in re.findall(r"`([\w./]+)`", row)]
    assert len(paths) > 40
    folders = (ROOT, ROOT / "streams", ROOT / "verify/sql")
    missing = {path for path in paths if not any((folder / path).exists() for folder in folders)}
    assert missing == set()
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^    )make ([a-z-]+)", CONTRIBUTING, re.MULTILINE)) <= targets


def test_every_decision_is_listed_and_has_its_parts() -> None:
    listed = re.findall(
        r"^(\d+)\. \[(.*)\]\((.*)\)$",
        (ROOT / "docs/decisions/README.md").read_text(),
        re.MULTILINE,
    )
    assert [file for *_, file in listed] == [path.name for path in DECISIONS]
    for number, title, file in listed:
        text = (ROOT / "docs/decisions" / file).read_text()
        assert text.startswith(f"# {number}. {title}\n\n20")
        assert file.startswith(f"{int(number):04}-")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "What follows",
        ]


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_a_decision_names_files_that_exist(path: Path) -> None:
    named = re.findall(r"`((?:streams|schemas|sinks|tests|verify)/[a-z0-9_./]+)`", path.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_hooks_download_nothing() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"repo: (.*)", hooks) == ["local"]
    assert re.findall(r"language: (.*)", hooks) == ["system"] * hooks.count("- id:")
    assert ".pre-commit-config.yaml" in CONTRIBUTING
