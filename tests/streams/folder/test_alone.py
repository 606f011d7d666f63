"""Nobody is forgotten while a run copies the state: the copy would know the user, and may come back."""

from pathlib import Path
from typing import Any

import pytest

from schemas.errors import StateError
from streams import embedded
from streams.folder import Run
from streams.settings import Settings


@pytest.mark.parametrize("step", ["go_back", "begin", "finish"])
def test_a_run_between_its_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    refused: list[str] = []
    original = getattr(Run, step)

    def meanwhile(self: Any) -> None:
        original(self)
        with pytest.raises(StateError) as told:
            embedded.forget(Settings(), tmp_path, "u1")
        refused.append(str(told.value))

    monkeypatch.setattr(Run, step, meanwhile)
    embedded.drain(Settings(), tmp_path, [])
    [sentence] = refused
    assert "is in use by another zhongcao" in sentence
    embedded.forget(Settings(), tmp_path, "u1")
