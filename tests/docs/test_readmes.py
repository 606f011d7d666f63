"""The READMEs run: their commands are executed as written, and print what they say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sinks.views import load_views
from streams.cli import COMMANDS

ROOT = Path(__file__).parents[2]
READMES = ["README.md", "README.zh-CN.md"]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(script: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {k: v for k, v in os.environ.items() if not k.startswith("ZHONGCAO_")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", READMES)
def test_its_commands_print_what_it_says(name: str, tmp_path: Path) -> None:
    printed, compared = "", 0
    for language, text in BLOCK.findall((ROOT / name).read_text()):
        if language == "sh":
            printed = run(text, tmp_path)
        elif language == "text":
            assert printed == text
            compared += 1
    assert compared == 2


@pytest.mark.parametrize("name", READMES)
def test_it_names_every_command_and_no_other(name: str) -> None:
    text = (ROOT / name).read_text()
    assert set(re.findall(r"^\| `zhongcao (\w+)`", text, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("name", READMES)
def test_it_leads_with_what_it_answers_and_ones_own_events(name: str) -> None:
    """And benchmarks are last: whoever comes wants to know what it is for."""
    text = (ROOT / name).read_text()
    first, *_, last = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert first in ("Your own events", "用自己的数据")
    assert last in ("Tests and benchmarks", "测试与基准")
    lead = text.partition(f"## {first}")[0]
    asked = set(re.findall(r"`zhongcao (\w+)`", lead))
    assert {"report", "explain"} <= asked <= set(COMMANDS)
    names = {view.name for view in load_views()}
    views = set(re.findall(r"`(\w+)`", lead))
    assert {"attribution", "funnel", "direct_and_halo", "freshness"} <= views <= names


@pytest.mark.parametrize("name", READMES)
def test_every_promise_says_how_far_it_goes(name: str) -> None:
    [table] = re.findall(
        r"^\| (?:promise|承诺) \|.*\n\|[-|]+\n((?:\|.*\n)+)",
        (ROOT / name).read_text(),
        re.MULTILINE,
    )
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]
    assert len(rows) == 6
    assert all(len(row) == 2 and all(row) for row in rows)


def test_the_picture_is_one_that_a_page_can_load() -> None:
    picture = (ROOT / "docs/report.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 300_000


def test_its_make_targets_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test", "check", "fuzz", "faults"} <= targets


PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("page", [str(path.relative_to(ROOT)) for path in PAGES])
def test_links_between_pages_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text())
    missing = [link for link in links if not (ROOT / page).parent.joinpath(link).exists()]
    assert not missing


def test_both_have_the_same_blocks_and_links() -> None:
    """But for the drawing of how data flows, which has words, and the links to each other."""
    one, other = ((ROOT / name).read_text() for name in READMES)
    assert BLOCK.findall(one) == BLOCK.findall(other)
    links = [set(re.findall(r"\]\(([^)]+)\)", text)) - {*READMES} for text in (one, other)]
    assert links[0] == links[1]
    for name in ("PIP_INDEX_URL", "SELECT * FROM funnel(window_days = 7)"):
        assert name in one
        assert name in other
