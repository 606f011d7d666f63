"""Bringing states up to date: from nothing, from where they stand, and where the changelog has forgotten."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from disk import Disk, logs
from held_users import held_users
from oracle.list_log import ListLog
from oracle.records import DAY, at, pay, save, view

from streams.changelog import Fenced
from streams.erasure.requests import Request
from streams.pipeline import Processed
from streams.recovery import Interrupted

PAID = at("2024-06-18 20:00")


def conversion(processed: list[Processed]) -> dict[str, Any]:
    [block] = [b for p in processed for b in p.blocks if b.table == "conversions"]
    return next(block.frame.iter_rows(named=True))


def test_a_disk_that_was_lost(tmp_path: Path) -> None:
    log, views = ListLog(), [view(PAID - 2), view(PAID - 1)]
    asyncio.run(Disk(tmp_path / "one", log).work(logs(*views), {}))
    other = Disk(tmp_path / "other", log)
    found = asyncio.run(other.work(logs(*views, pay(PAID)), {("note-views", 0): 2}))
    row = conversion(found)
    assert (list(row["path.occurred_at"]), row["path_incomplete"]) == ([PAID - 2, PAID - 1], False)
    assert other.recovery.restored.entries == 2


def test_only_what_is_new_is_read_again(tmp_path: Path) -> None:
    log = ListLog()
    asyncio.run(Disk(tmp_path, log).work(logs(view(PAID - 2)), {}))
    again = Disk(tmp_path, log)
    asyncio.run(again.work(logs(view(PAID - 2), view(PAID - 1)), {("note-views", 0): 1}))
    assert again.recovery.restored.entries == 0


@pytest.mark.parametrize("folder", ["one", "new"])
def test_a_changelog_that_has_forgotten_is_told_in_the_rows(tmp_path: Path, folder: str) -> None:
    """An old disk is no help either: what lies between it and the changelog is gone."""
    log, views = ListLog(), [view(PAID - i * DAY) for i in range(3, 0, -1)]
    asyncio.run(Disk(tmp_path / "one", log).work(logs(views[0]), {}))
    asyncio.run(Disk(tmp_path / "two", log).work(logs(*views), {("note-views", 0): 1}))
    log.expire(0, 4)
    worker = Disk(tmp_path / folder, log)
    found = asyncio.run(worker.work(logs(*views, pay(PAID)), {("note-views", 0): 3}))
    row = conversion(found)
    assert (list(row["path.occurred_at"]), row["path_incomplete"]) == ([PAID - DAY], True)


def test_a_disk_that_lacks_nothing_is_kept_when_all_has_expired(tmp_path: Path) -> None:
    """After a quiet time only claims lie between the disk and the changelog."""
    log = ListLog()
    asyncio.run(Disk(tmp_path, log).work(logs(view(PAID - 1)), {}))
    asyncio.run(Disk(tmp_path, log).work(logs(view(PAID - 1)), {("note-views", 0): 1}))
    log.expire(0, 3)
    found = asyncio.run(
        Disk(tmp_path, log).work(logs(view(PAID - 1), pay(PAID)), {("note-views", 0): 1})
    )
    row = conversion(found)
    assert (list(row["path.occurred_at"]), row["path_incomplete"]) == ([PAID - 1], False)


def test_without_a_changelog_the_folder_is_all_there_is(tmp_path: Path) -> None:
    asyncio.run(Disk(tmp_path, None).work(logs(view(PAID - 1)), {}))
    found = asyncio.run(
        Disk(tmp_path, None).work(logs(view(PAID - 1), pay(PAID)), {("note-views", 0): 1})
    )
    assert list(conversion(found)["path.occurred_at"]) == [PAID - 1]


def asked(*requests: Request) -> ListLog:
    """The topic of requests."""
    log = ListLog()
    log.records[0] = [request.to_bytes() for request in requests]
    return log


@pytest.mark.parametrize("folder", ["one", "new"])
@pytest.mark.parametrize("request_", [Request.of("u1"), Request.of("u1").fulfilled()])
def test_who_was_forgotten_does_not_come_back_from_the_changelog(
    tmp_path: Path, folder: str, request_: Request
) -> None:
    """Nor from a disk that was not there when the request came."""
    log, touches = ListLog(), [view(PAID - 2), view(PAID - 2, user_id="u2"), save(PAID - 1)]
    asyncio.run(Disk(tmp_path / "one", log).work(logs(*touches), {}))
    touches.append(save(PAID - 1, user_id="u2"))
    committed = {("note-views", 0): 2, ("note-saves", 0): 1}
    asyncio.run(Disk(tmp_path / "two", log).work(logs(*touches), committed))
    worker = Disk(tmp_path / folder, log, asked(request_))
    paid = [pay(PAID), pay(PAID, "s2", user_id="u2")]
    committed["note-saves", 0] = 2
    found = asyncio.run(worker.work(logs(*touches, *paid), committed))
    row = conversion(found)
    assert (row["user_id"], len(row["path.kind"]), row["path_incomplete"]) == ("u2", 2, False)
    assert held_users(tmp_path / folder / "state/0000") == {"u2"}


def test_who_was_forgotten_stays_out_when_the_changelog_has_expired(tmp_path: Path) -> None:
    log, views = ListLog(), [view(PAID - i, user_id=f"u{i}") for i in (3, 2, 1)]
    asyncio.run(Disk(tmp_path / "one", log).work(logs(views[0]), {}))
    asyncio.run(Disk(tmp_path / "two", log).work(logs(*views), {("note-views", 0): 1}))
    log.expire(0, 4)
    worker = Disk(tmp_path / "one", log, asked(Request.of("u1")))
    found = asyncio.run(worker.work(logs(*views, pay(PAID)), {("note-views", 0): 3}))
    assert [processed.judged[0].left_out for processed in found] == [1]
    assert held_users(tmp_path / "one/state/0000") == set()


def test_a_revocation_ends_the_wait(tmp_path: Path) -> None:
    class Endless(ListLog):
        async def first_offset(self, partition: int) -> int:
            await asyncio.Event().wait()
            raise AssertionError

    async def scenario() -> None:
        disk = Disk(tmp_path, Endless())
        disk.recovery.assigned([0])
        waiting = asyncio.ensure_future(disk.recovery.owner(0))
        await asyncio.sleep(0)
        assert disk.recovery.restoring == {0}
        await disk.recovery.interrupt()
        with pytest.raises(Interrupted, match="it was revoked"):
            await waiting
        await disk.recovery.revoked()
        with pytest.raises(Interrupted, match="not assigned"):
            await disk.recovery.owner(0)

    asyncio.run(scenario())


def test_a_stop_during_a_rebalance_is_the_last_to_need_the_states_thread(tmp_path: Path) -> None:
    """A rolling restart rebalances the group while workers stop, and the thread ends with the stop."""

    async def scenario() -> None:
        disk, ended = Disk(tmp_path, ListLog()), False

        async def in_thread(call: Callable[..., Any], *args: Any) -> Any:
            assert not ended, "cannot schedule new futures after shutdown"
            await asyncio.sleep(0)
            return call(*args)

        disk.recovery._in_thread = in_thread
        disk.recovery.assigned([0])
        await disk.recovery.owner(0)
        revoked = [asyncio.ensure_future(disk.recovery.revoked()) for _ in range(2)]
        await disk.recovery.stop()
        ended = True
        disk.recovery.assigned([0])
        await asyncio.gather(*revoked)
        await disk.recovery.revoked()
        assert disk.recovery.restoring == set()
        assert disk.failures == []
        with pytest.raises(Interrupted, match="not assigned"):
            await disk.recovery.owner(0)

    asyncio.run(scenario())


def test_a_claim_on_its_way_lands_before_the_partition_is_given_up(tmp_path: Path) -> None:
    """Else it could come behind that of the next owner, and fence it."""

    class Slow(ListLog):
        def __init__(self) -> None:
            super().__init__()
            self.asked, self.answers = asyncio.Event(), asyncio.Event()

        async def append(self, partition: int, record: bytes) -> int:
            self.asked.set()
            await self.answers.wait()
            return await super().append(partition, record)

    async def scenario() -> None:
        log = Slow()
        disk = Disk(tmp_path, log)
        disk.recovery.assigned([0])
        await log.asked.wait()
        revoked = asyncio.ensure_future(disk.recovery.revoked())
        for _ in range(10):
            await asyncio.sleep(0)
        assert not revoked.done()
        log.answers.set()
        await revoked
        assert len(log.records[0]) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("told", [True, False])
def test_who_is_fenced_must_hear_of_a_rebalance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    monkeypatch.setattr("streams.recovery.FENCED_S", 2 if told else 0.05)

    async def scenario() -> list[Exception]:
        disk = Disk(tmp_path, ListLog())
        disk.recovery.assigned([0])
        await disk.recovery.owner(0)
        disk.recovery.fenced(0, Fenced("host, process 7"))
        disk.recovery.fenced(0, Fenced("host, process 7"))
        if told:
            await disk.recovery.revoked()
            await asyncio.sleep(2.1)
        else:
            await disk.stopped.wait()
            await disk.recovery.revoked()
        return disk.failures

    failures = asyncio.run(scenario())
    assert len(failures) == (0 if told else 1)
    for failure in failures:
        assert "Partition 0 was claimed by another worker (host, process 7), but" in str(failure)


def test_a_log_that_cannot_be_read_stops_the_worker(tmp_path: Path) -> None:
    class Broken(ListLog):
        async def append(self, partition: int, record: bytes) -> int:
            raise OSError("gone")

    async def scenario() -> list[Exception]:
        disk = Disk(tmp_path, Broken())
        disk.recovery.assigned([0])
        await disk.stopped.wait()
        await disk.recovery.revoked()
        return disk.failures

    assert [str(error) for error in asyncio.run(scenario())] == ["gone"]
