"""The contestants of the drain benchmark say what they are, what they need, and what is missing."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

RIVALS = Path("bench/rivals")
NAMES = sorted(file.stem for file in RIVALS.glob("*.py") if file.stem != "contest")

pytestmark = pytest.mark.parametrize("name", NAMES)


def test_it_says_how_the_tool_is_used(name: str) -> None:
    docstring = ast.get_docstring(ast.parse((RIVALS / f"{name}.py").read_text()))
    assert docstring is not None
    assert len(docstring.splitlines()) > 2


def test_its_requirements_are_pinned(name: str) -> None:
    lines = (RIVALS / "requirements" / f"{name}.txt").read_text().splitlines()
    packages = [line for line in lines if not line.startswith("#")]
    assert packages
    assert all("==" in line for line in packages)


def test_it_takes_nothing_of_the_project(name: str) -> None:
    project = {"attribution", "bench", "report", "schemas", "sinks", "sources", "streams", "verify"}
    tree = ast.parse((RIVALS / f"{name}.py").read_text())
    imports = (node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    assert project.isdisjoint((module or "").split(".")[0] for module in imports)


def test_without_its_packages_it_says_so(name: str, tmp_path: Path) -> None:
    task = tmp_path / "task.json"
    task.write_text(json.dumps({}))
    # -S: the interpreter alone, without what is installed beside it.
    command = [sys.executable, "-E", "-S", str(RIVALS / f"{name}.py"), str(task)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 3
    [sentence] = ended.stderr.splitlines()
    assert sentence.startswith(f"{name} cannot run here: No module named ")
    assert f"bench/rivals/requirements/{name}.txt" in sentence
