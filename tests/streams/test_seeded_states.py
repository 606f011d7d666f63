"""States that were made anew in the changelog: restored like all others, and never by half."""

import asyncio
from pathlib import Path

import pytest
from disk import Disk, logs
from former.stores import entries
from oracle.list_log import ListLog
from oracle.records import DAY, at, click, pay, save, view
from seeds import changes_in, seed
from test_recovery import conversion

from schemas.errors import StateError
from streams.changelog import Changelog
from streams.changelog.records import Claimed, to_bytes
from streams.state import Change, PartitionState, Stage

PAID = at("2024-06-18 20:00")
TOUCHES = [view(PAID - 3), view(PAID - 2, "n2"), save(PAID - 2), click(PAID - 1)]
COMMITTED = {("note-views", 0): 2, ("note-saves", 0): 1, ("link-clicks", 0): 1}
HALF = (Stage.FIRST, Stage.MORE)


@pytest.fixture
def held(tmp_path: Path) -> list[Change]:
    """What a worker has held of the touches."""
    log = ListLog()
    asyncio.run(Disk(tmp_path / "former", log).work(logs(*TOUCHES), {}))
    return changes_in(log)


def paid(folder: Path, log: ListLog) -> list[str]:
    """The path of an order that a worker reads then."""
    found = asyncio.run(Disk(folder, log).work(logs(*TOUCHES, pay(PAID)), COMMITTED))
    row = conversion(found)
    assert not row["path_incomplete"]
    return list(row["path.note_id"])


def of_a_view(tmp_path: Path, log: ListLog) -> None:
    """A worker has put the first view into a log and its state."""
    asyncio.run(Disk(tmp_path / "old", log).work(logs(TOUCHES[0]), {}))


def test_the_rows_are_those_that_the_lost_state_would_have_given(
    tmp_path: Path, held: list[Change]
) -> None:
    asyncio.run(seed(log := ListLog(), held))
    assert paid(tmp_path / "new", log) == ["n1", "n2", "n1", "n1"]
    lost, found = (entries(tmp_path / name / "state/0000") for name in ("former", "new"))
    assert {key for key in lost if key[:1] in b"ean"} <= found.keys()


@pytest.mark.parametrize("folder", ["old", "new"])
def test_what_was_there_before_is_void(tmp_path: Path, held: list[Change], folder: str) -> None:
    """In the changelog, and in a folder that stands before the seed."""
    of_a_view(tmp_path, log := ListLog())
    asyncio.run(seed(log, held[1:]))
    assert paid(tmp_path / folder, log) == ["n2", "n1", "n1"]


@pytest.mark.parametrize("folder", ["old", "new"])
@pytest.mark.parametrize("half", [HALF, HALF[:1]])
def test_half_of_one_is_no_state(
    tmp_path: Path, held: list[Change], folder: str, half: tuple[Stage, ...]
) -> None:
    """However often a worker tries; and the next one makes it whole, wherever the folders stand."""
    of_a_view(tmp_path, log := ListLog())
    asyncio.run(seed(log, held, "half", half))
    for _ in range(2):
        with pytest.raises(StateError, match=r"partition 0 is half.* `zhongcao rebuild --state`"):
            asyncio.run(Disk(tmp_path / folder, log).take_over())
    asyncio.run(seed(log, held, "whole"))
    assert paid(tmp_path / folder, log) == ["n1", "n2", "n1", "n1"]


@pytest.mark.parametrize("count", range(1, 6))
def test_a_folder_that_stands_within_one(tmp_path: Path, held: list[Change], count: int) -> None:
    """As after a restoration that was interrupted."""
    asyncio.run(seed(log := ListLog(), held))

    async def begin() -> None:
        state = Disk(tmp_path, log).partitions.state(0)
        changelog = Changelog(log, 0)
        found = changelog.changes(await changelog.claim(0), state.position)
        for _ in range(count):
            one = await anext(found)
            state.apply(one.change, one.position)
        await found.aclose()
        state.close()

    asyncio.run(begin())
    worker = Disk(tmp_path, log)
    asyncio.run(worker.take_over())
    assert worker.partitions.state(0).whole
    worker.partitions.close()
    assert paid(tmp_path, log) == ["n1", "n2", "n1", "n1"]


def test_a_folder_of_another_changelog_is_no_part_of_it(tmp_path: Path, held: list[Change]) -> None:
    """Though it has read as much, and stands at an offset at which the seed has a change."""
    asyncio.run(seed(ListLog(), held))
    asyncio.run(seed(log := ListLog(), held, "another"))
    worker = tmp_path / "former"
    state = PartitionState(worker / "state/0000", in_changelog=True)
    assert state.read_to == held[-1].read_to
    state.close()
    with pytest.raises(StateError, match="is not the change that the state has from there"):
        asyncio.run(Disk(worker, log).take_over())


def test_one_whose_beginning_has_expired_is_told_in_the_rows(
    tmp_path: Path, held: list[Change]
) -> None:
    asyncio.run(seed(log := ListLog(), held))
    log.expire(0, 3)
    orders = logs(*TOUCHES, pay(PAID), pay(PAID + 31 * DAY, "s2"))
    found = asyncio.run(Disk(tmp_path / "new", log).work(orders, COMMITTED))
    rows = [
        r
        for p in found
        for b in p.blocks
        if b.table == "conversions"
        for r in b.frame.rows(named=True)
    ]
    assert [row["path_incomplete"] for row in rows] == [True, False]


def test_what_was_made_for_another_number_of_partitions_is_refused(
    tmp_path: Path, held: list[Change]
) -> None:
    """Until a seed takes its place: so a seed that a crash leaves in some partitions harms no other."""
    log = ListLog()

    async def write() -> None:
        owned = await Changelog(log, 0, partitions=4).claim(0)
        for change in held:
            await owned.append(change)

    asyncio.run(write())
    for _ in range(2):
        with pytest.raises(
            StateError, match=r"was made for 4 partitions, not 1, .*rebuild --state"
        ):
            asyncio.run(Disk(tmp_path / "new", log).take_over())
    asyncio.run(seed(log, held, partitions=1))
    assert paid(tmp_path / "new", log) == ["n1", "n2", "n1", "n1"]


def test_what_cannot_be_read_is_of_no_matter_before_one(tmp_path: Path, held: list[Change]) -> None:
    of_a_view(tmp_path, log := ListLog())
    log.records[0].append(to_bytes(Claimed(0, 0, held[0]))[:-9])
    with pytest.raises(StateError, match="cannot be read"):
        asyncio.run(Disk(tmp_path / "new", log).take_over())
    asyncio.run(seed(log, held))
    assert paid(tmp_path / "new", log) == ["n1", "n2", "n1", "n1"]
