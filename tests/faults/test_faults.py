"""A short run of the faults: each kind strikes in one scenario at least. `make faults` runs as many as one likes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from local_kafka import what_is_missing

from faults.kinds import KINDS, THREE_BY_THREE, impossible_here

TESTS = Path(__file__).parents[1]
TIMEOUT_S = 3_000
SEEN = (
    "messages that expired after they were read",
    "messages that expired unread",
    "conversions of crowded users",
    "conversions with touches of a former version",
    "rebuilds of rows that were done",
    "rebuilds of states that were done",
)


def test_every_kind_is_drawn() -> None:
    assert {kind for pair in THREE_BY_THREE for kind in pair} == {*KINDS}


def told_by(*command: str) -> str:
    """stdout of a module in a process of its own: Kafka's client leaves sockets open when its broker dies."""
    if missing := what_is_missing():
        pytest.skip(f"Apache Kafka needs {missing}, which is not on this machine")
    done = subprocess.run(
        [sys.executable, "-m", *command],
        env=os.environ
        | {
            "PYTHONPATH": os.pathsep.join(
                map(str, (TESTS, TESTS / "integration", TESTS / "streams"))
            )
        },
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    return done.stdout


@pytest.mark.timeout(TIMEOUT_S + 60)
def test_the_tables_are_right_after_every_kind() -> None:
    told = told_by("faults", "--three-by-three")
    assert f"{len(THREE_BY_THREE)} scenarios" in told
    # The faults have brought about what they are for.
    for seen in SEEN:
        assert re.search(rf"^ *[1-9][\d,]* {seen}$", told, re.MULTILINE), seen
    for kind, why in impossible_here().items():
        assert f"not tried here: {kind}, because {why}" in told


@pytest.mark.timeout(TIMEOUT_S + 60)
def test_memory_has_its_bound_while_clickhouse_is_away() -> None:
    told = told_by("faults.outage", "--minutes", "0.4", "--rate", "5000", "--memory-mib", "64")
    assert "caught up" in told
    assert "tables: equal" in told
