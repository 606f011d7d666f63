"""Who may write to the changelog, and what counts of it."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pytest
from oracle.list_log import ListLog

from schemas.errors import StateError
from streams.changelog import Changelog, Fenced, Ownership
from streams.changelog.records import Claim, Claimed, Sealed, from_bytes, to_bytes
from streams.event_time import EventTime
from streams.state import Change, Position

BEGINNING = Position()


def change(number: int) -> Change:
    """A change that can be told from others."""
    entries = pl.DataFrame({"key": [f"e{number:04d}".encode()], "value": [b"0 0 "]})
    return Change(entries, 0, {"note-views": number}, EventTime(number, {"note-views": number}))


@dataclass
class Bench:
    """One partition of a changelog, and workers that claim it."""

    log: ListLog = field(default_factory=ListLog)

    def claim(self, epoch: int = 0) -> tuple[Changelog, Ownership]:
        changelog = Changelog(self.log, epoch)
        return changelog, run(changelog.claim(7))

    def counting(self, epoch: int = 0, since: Position = BEGINNING) -> list[int]:
        """The numbers of the changes that a new owner finds."""

        async def found() -> list[int]:
            changelog = Changelog(self.log, epoch)
            owned = await changelog.claim(7)
            return [f.change.event_time.now async for f in changelog.changes(owned, since)]

        return run(found())


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


def test_changes_share_no_frame() -> None:
    """Two threads would wait for each other for ever: one writes its change, the other puts its own into a state."""
    nothing = [Change.of([], {}, EventTime()).entries for _ in range(2)]
    assert nothing[0] is not nothing[1]


@pytest.mark.parametrize("record", [Claim(3, "host, process 7"), Claimed(3, 12, change(5))])
def test_records_come_back_from_bytes(record: Claim | Claimed) -> None:
    again = from_bytes(to_bytes(record))
    if isinstance(record, Claim):
        assert again == record
        return
    assert isinstance(again, Sealed)
    assert (again.epoch, again.claim) == (3, 12)
    found = again.change()
    assert found.entries.equals(record.change.entries)
    assert found.event_time == record.change.event_time
    assert found.read_to == record.change.read_to


def test_a_new_owner_finds_what_was_written_before() -> None:
    bench = Bench()
    _, owned = bench.claim()
    assert run(owned.append(change(1))) == Position(2, owned.claim)
    assert run(owned.append(change(2))) == Position(3, owned.claim)
    assert bench.counting() == [1, 2]
    assert bench.counting(since=Position(2, owned.claim)) == [2]


def test_who_was_overtaken_hears_it_and_does_not_count() -> None:
    bench = Bench()
    _, old = bench.claim()
    run(old.append(change(1)))
    _, new = bench.claim()
    with pytest.raises(Fenced, match="process"):
        run(old.append(change(2)))
    run(new.append(change(3)))
    records = len(bench.log.records[7])
    with pytest.raises(Fenced):
        run(old.append(change(4)))
    assert len(bench.log.records[7]) == records
    assert bench.counting() == [1, 3]
    assert bench.counting(since=Position(2, old.claim)) == [3]


def test_strays_do_not_disturb_the_owner() -> None:
    bench = Bench()
    _, old = bench.claim()
    _, new = bench.claim()
    with pytest.raises(Fenced):
        run(old.append(change(1)))
    assert run(new.append(change(2))) == Position(4, new.claim)
    assert run(new.append(change(3))) == Position(5, new.claim)
    assert bench.counting() == [2, 3]


def test_a_stray_that_expiry_left_as_the_oldest_record_hides_nothing() -> None:
    bench = Bench()
    _, old = bench.claim()
    _, new = bench.claim()
    with pytest.raises(Fenced):
        run(old.append(change(1)))
    run(new.append(change(2)))
    bench.log.expire(7, 2)
    assert 2 in bench.counting(since=Position(2))


def test_another_epoch() -> None:
    """After topics were rebuilt, changes of before are of no use; and who still has the old epoch must not go on."""
    bench = Bench()
    _, old = bench.claim(epoch=0)
    run(old.append(change(1)))
    assert bench.counting(epoch=1) == []
    with pytest.raises(StateError, match="is of epoch 1, but epoch is 0: set epoch to 1"):
        bench.counting(epoch=0)


def test_a_changelog_that_was_rebuilt() -> None:
    with pytest.raises(
        StateError, match="ends at offset 9 of its changelog, but the changelog ends at 0"
    ):
        Bench().counting(since=Position(9, 0))
