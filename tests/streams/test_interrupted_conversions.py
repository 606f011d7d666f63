"""A conversion that something interrupts, at whichever write, begins anew and comes to the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from former.stores import content, entries, former_state
from rocksdict import WriteBatch

from schemas.errors import StateError
from streams.state import PartitionState, formats

#: What the conversion of a fixture takes, three entries at a time, and more.
MANY = 20


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.state.scanning.KEYS_AT_ONCE", 3)


def open_with(folder: Path, writes: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Open a state and close it, of which so many writes succeed at most; how many there were."""
    write, done = PartitionState._write, 0

    def failing(state: PartitionState, fill: Callable[[WriteBatch], None]) -> None:
        nonlocal done
        if done == writes:
            raise OSError("the disk is full")
        write(state, fill)
        done += 1

    with monkeypatch.context() as patch:
        patch.setattr(PartitionState, "_write", failing)
        PartitionState(folder).close()
    return done


@pytest.mark.parametrize("name", ["1a", "1d"])
def test_at_each_write(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = former_state(name, tmp_path / "whole")
    needed = open_with(whole, MANY, monkeypatch)
    assert 6 < needed < MANY
    for writes in range(needed):
        folder = former_state(name, tmp_path / str(writes))
        with pytest.raises(StateError, match="the disk is full"):
            open_with(folder, writes, monkeypatch)
        PartitionState(folder).close()
        assert content(folder) == content(whole)


def test_one_step_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state of format 1 in a version that has format 3."""

    def to_3(entries: pl.DataFrame) -> pl.DataFrame:
        text = pl.col("key").cast(pl.String)
        return entries.with_columns(key=text.str.replace("^e0", "eT").cast(pl.Binary))

    former, latest = former_state("1d", tmp_path / "former"), former_state("2b", tmp_path / "two")
    monkeypatch.setattr(formats, "FORMAT", 3)
    monkeypatch.setitem(formats._TO_NEXT, 2, to_3)
    found: list[dict[bytes, Any]] = []
    for folder in (former, latest):
        PartitionState(folder).close()
        found.append({key: value for key, value in entries(folder).items() if key[:1] == b"e"})
    assert found[0] == found[1]
    assert {key[:2] for key in found[0]} == {b"eT"}
