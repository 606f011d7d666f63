"""A short run of the faults: each kind strikes in one scenario at least. `make faults` runs as many as one likes."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_kafka import what_is_missing

from faults.kinds import KINDS, impossible_here
from faults.scenario import Scenario
from faults.world import World

#: Two kinds in each scenario; the seeds are arbitrary.
PAIRS = list(zip(list(KINDS)[::2], [*list(KINDS)[1::2], "a worker is killed"], strict=False))


#: kafka-python leaves the sockets of attempts open that a dead broker has refused.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What is left open is found here, not in the middle of another test."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if missing := what_is_missing():
        pytest.skip(f"Apache Kafka needs {missing}, which is not on this machine")
    with World(tmp_path_factory.mktemp("faults")) as world:
        yield world


@pytest.mark.timeout(400)
@pytest.mark.parametrize("number", range(len(PAIRS)))
def test_the_tables_are_right_after(world: World, tmp_path: Path, number: int) -> None:
    kinds = [kind for kind in PAIRS[number] if kind not in impossible_here()]
    outcome = Scenario(world, number, tmp_path / "scenario", kinds).run()
    assert not outcome.wrong, (outcome.faults, outcome.wrong, outcome.deaths, outcome.report)
    assert outcome.report
    assert all(table.expected for table in outcome.report.tables.values())
