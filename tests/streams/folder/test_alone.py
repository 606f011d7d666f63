"""Nobody is forgotten while a run copies the state: the copy would know the user, and may come back."""

from collections.abc import Callable

import pytest

CODE = """
from schemas.errors import StateError
from streams import embedded
from streams.folder import Run
from streams.settings import Settings

original = Run.STEP

def meanwhile(run):
    original(run)
    try:
        embedded.forget(Settings(), folder, "u1")
    except StateError as error:
        print(error)

Run.STEP = meanwhile
embedded.drain(Settings(), folder, [])
embedded.forget(Settings(), folder, "u1")
print("forgotten at last")
"""


@pytest.mark.parametrize("step", ["go_back", "begin", "finish"])
def test_a_run_between_its_steps(apart: Callable[[str], str], step: str) -> None:
    refused, at_last = apart(CODE.replace("STEP", step)).splitlines()
    assert "is in use by another zhongcao" in refused
    assert at_last == "forgotten at last"
