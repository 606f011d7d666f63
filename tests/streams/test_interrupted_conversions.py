"""A conversion that something interrupts, at whichever write, begins anew and comes to the same."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from former.stores import content, entries, former_state
from held_users import files_naming
from rocksdict import WriteBatch

from schemas.errors import StateError
from streams.state import PartitionState, formats
from streams.state.database import Database

#: What the conversion of a fixture takes, three entries at a time, and more.
MANY = 50


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.state.scanning.KEYS_AT_ONCE", 3)


def open_with(folder: Path, writes: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Open a state and close it, of which so many writes succeed at most; how many there were."""
    write, done = Database.write, 0

    def failing(database: Database, fill: Callable[[WriteBatch], None]) -> None:
        nonlocal done
        if done == writes:
            raise OSError("the disk is full")
        write(database, fill)
        done += 1

    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", failing)
        PartitionState(folder).close()
    return done


@pytest.fixture(params=[0, 1])
def more(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """So many formats more; the values of that one look to the way from 1 to 2 as if they were of none."""
    new, value = pl.lit("later "), pl.col("value").cast(pl.String)
    value = pl.when(value.str.starts_with("later ")).then(value).otherwise(new + value)
    step = pl.Expr.alias(value.cast(pl.Binary), "value")
    monkeypatch.setitem(formats.TO_NEXT, formats.FORMAT, lambda found: found.with_columns(step))
    monkeypatch.setattr(formats, "FORMAT", formats.FORMAT + request.param)
    return int(request.param)


@pytest.mark.parametrize("name", ["1a", "1d"])
def test_at_each_write(
    name: str, more: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = former_state(name, tmp_path / "whole")
    needed = open_with(whole, MANY, monkeypatch)
    assert 6 < needed < MANY
    expected, former = (
        content(whole),
        min(entries(former_state(name, tmp_path / "former"))).decode(),
    )
    assert expected["format"] == formats.FORMAT
    assert {value[:5] == b"later" for value in expected["events"].values()} == {more == 1}
    for writes in range(needed):
        folder = former_state(name, tmp_path / str(writes))
        with pytest.raises(StateError, match="the disk is full"):
            open_with(folder, writes, monkeypatch)
        PartitionState(folder).close()
        assert content(folder) == expected
        assert files_naming(folder, former) == []
