"""A short run of the faults of a folder; `make faults-folder` runs as many as one likes."""

import pytest

from faults.folder import DISK_FULL, KINDS, Given, attempt, prepare, why_no_disk


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    return prepare(tmp_path_factory.mktemp("folder"), events=30_000, days=120)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_the_tables_are_those_of_an_undisturbed_run(given: Given, kind: str, seed: int) -> None:
    if kind == DISK_FULL and (why := why_no_disk()):
        pytest.skip(why)
    assert attempt(given, seed, [kind]).wrong == ""
