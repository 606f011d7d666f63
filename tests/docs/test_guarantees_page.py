"""Every promise of docs/guarantees.md names tests that exist."""

import re
from pathlib import Path

import pytest
from faults.guards import GUARDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/guarantees.md").read_text()
TABLE = PAGE.partition("| promise | held by |\n|---|---|\n")[2].partition("\n\n")[0]
PROMISES = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", TABLE, re.MULTILINE)


def test_there_are_promises() -> None:
    assert len(PROMISES) > 10


@pytest.mark.parametrize(("promise", "held_by"), PROMISES)
def test_each_is_held(promise: str, held_by: str) -> None:
    files = re.findall(r"`(tests/[\w/]+\.py)`", held_by)
    assert files, promise
    for file in files:
        assert "def test_" in (ROOT / file).read_text()


def test_every_guard_is_shown_with_the_faults_that_show_it() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]*\d+ [^|]+ \|$", PAGE, re.MULTILINE)
    assert dict(rows) == {name: "; ".join(guard.shows_when) for name, guard in GUARDS.items()}
