"""Each change must be one: of a text that stands once, in code that tests are run for."""

from pathlib import Path

import pytest

from mutants.guards import MUTANTS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.guard)
def test_it_changes_what_is_there(mutant):
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1
    assert mutant.new != mutant.old
    for test in mutant.tests:
        assert (ROOT / test.partition("::")[0]).exists(), test


def test_each_guard_is_named_once():
    names = [mutant.guard for mutant in MUTANTS]
    assert len(names) == len(set(names))
