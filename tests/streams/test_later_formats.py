"""What a later version wrote is refused in a sentence, and what the sentence advises loses nothing."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from disk import Disk, logs
from former.stores import LATEST, entries, former_state
from oracle.list_log import ListLog
from oracle.records import HOUR, at, click, pay, view
from rocksdict import Rdict

from schemas.errors import StateError
from streams.changelog import Changelog
from streams.changelog.records import Sealed, from_bytes
from streams.state import Memory, PartitionState, formats

PAID = at("2024-06-18 20:00")
TOUCHED = (view(PAID - 2 * HOUR), click(PAID - HOUR))
PAYMENT = pay(PAID)
#: What is committed when the touches are read.
COMMITTED = {("note-views", 0): 1, ("link-clicks", 0): 1}
OURS = formats.FORMAT
#: Of the sentences that refuse.
READS = f"has format {OURS + 1}, but this version reads formats 1 to {OURS}: "
#: The path of the payment, and whether it says that it is incomplete.
WHOLE = ([PAID - 2 * HOUR, PAID - HOUR], False)
Offsets = dict[tuple[str, int], int]


@contextmanager
def later_version() -> Iterator[None]:
    """While inside, the code is that of a version with one more format."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(formats.TO_NEXT, formats.FORMAT, lambda entries: entries)
        patch.setattr(formats, "FORMAT", formats.FORMAT + 1)
        yield


def read_touches(folder: Path, log: ListLog | None) -> None:
    asyncio.run(Disk(folder, log).work(logs(*TOUCHED), {}))


def pay_in(folder: Path, log: ListLog | None, committed: Offsets, epoch: int = 0) -> Any:
    """Read on until the payment; its row says what the state had."""
    disk = Disk(folder, log, epoch=epoch)
    found = asyncio.run(disk.work(logs(*TOUCHED, PAYMENT), committed))
    *_, block = [b for p in found for b in p.blocks if b.table == "conversions"]
    row = block.frame.row(0, named=True)
    return list(row["path.occurred_at"]), row["path_incomplete"]


def test_a_state_without_a_changelog(tmp_path: Path) -> None:
    with later_version():
        read_touches(tmp_path / "one", None)
    folder = tmp_path / "one/state/0000"
    before = entries(folder)
    with pytest.raises(StateError, match=f"/0000 {READS}use the .* into a new folder"):
        PartitionState(folder)
    assert entries(folder) == before
    assert pay_in(tmp_path / "new", None, {}) == WHOLE
    with later_version():
        assert pay_in(tmp_path / "one", None, COMMITTED) == WHOLE


def test_a_state_that_a_later_version_has_only_opened(tmp_path: Path) -> None:
    """Its changelog has nothing of a later format, and restores what was there."""
    log = ListLog()
    read_touches(tmp_path, log)
    with later_version():
        PartitionState(tmp_path / "state/0000", in_changelog=True).close()
    with pytest.raises(StateError, match=f"{READS}.* delete the folder, and what the changelog"):
        pay_in(tmp_path, log, COMMITTED)
    rmtree(tmp_path / "state/0000")
    assert pay_in(tmp_path, log, COMMITTED) == WHOLE


@pytest.mark.parametrize("folder", ["old", "new"])
def test_a_changelog_in_which_a_later_version_wrote(tmp_path: Path, folder: str) -> None:
    """The worker that goes back has a folder of its own time, or none. Neither has the click."""
    log = ListLog()
    asyncio.run(Disk(tmp_path / "old", log).work(logs(TOUCHED[0]), {}))
    with later_version():
        asyncio.run(Disk(tmp_path / "two", log).work(logs(*TOUCHED), {("note-views", 0): 1}))
    expected = (
        f"Offset 3 of the changelog of partition 0 {READS}.* "
        "make the states anew with `zhongcao rebuild --state`"
    )
    with pytest.raises(StateError, match=expected):
        pay_in(tmp_path / folder, log, COMMITTED)
    rmtree(tmp_path / folder)
    # Whether topics of a later epoch hold all that there was nobody knows.
    assert pay_in(tmp_path / folder, log, {}, epoch=1) == (WHOLE[0], True)


def test_what_a_later_version_wrote_when_it_was_fenced_does_not_count(tmp_path: Path) -> None:
    log = ListLog()

    async def written() -> None:
        fenced = await Changelog(log, 0).claim(0)
        await Changelog(log, 0).claim(0)
        [change] = [r for raw in earlier.records[0] if isinstance(r := from_bytes(raw), Sealed)][:1]
        with later_version():
            await fenced.append(change.change())

    earlier = ListLog()
    read_touches(tmp_path / "earlier", earlier)
    with pytest.raises(Exception, match="process"):
        asyncio.run(written())
    assert pay_in(tmp_path / "new", log, {}) == WHOLE


@pytest.mark.parametrize("found", [0, -1, True, "2", None, 2.0])
def test_what_is_no_format(tmp_path: Path, found: object) -> None:
    folder = former_state(LATEST, tmp_path)
    store = Rdict(str(folder), Memory().options())
    store[b"meta"] = json.dumps({**json.loads(store[b"meta"]), "format": found}).encode()
    store.close()
    with pytest.raises(StateError, match=f"has format {found}, but this version reads"):
        PartitionState(folder)
    log = ListLog()
    read_touches(tmp_path / "two", log)
    written = log.records[0][1]
    log.records[0][1] = written.replace(
        b'"format": %d' % OURS, b'"format": ' + json.dumps(found).encode()
    )
    length = int.from_bytes(written[:4], "big") + len(log.records[0][1]) - len(written)
    log.records[0][1] = length.to_bytes(4, "big") + log.records[0][1][4:]
    with pytest.raises(StateError, match=f"changelog of partition 0 has format {found}, but this"):
        pay_in(tmp_path / "new", log, COMMITTED)
