"""What former versions wrote, each in its own bytes, is what today's code would have written."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from disk import Disk, logs
from former.history import EVENTS, FORGOTTEN, PAID
from former.stores import LOGGED, NAMES, content, entries, former_log, former_state
from held_users import files_naming, held_users
from oracle.list_log import ListLog
from oracle.records import HOUR, pay

from streams.erasure.requests import Request
from streams.state import PartitionState, formats
from streams.state.database import Database

REQUESTED = Request.of(FORGOTTEN)
COMMITTED = {
    ("note-views", 0): 5,
    ("note-saves", 0): 3,
    ("link-clicks", 0): 2,
    ("taobao-purchases", 0): 4,
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The content of a state in which today's code has put the history."""
    folder = tmp_path_factory.mktemp("today")
    asyncio.run(Disk(folder, ListLog()).work(logs(*EVENTS), {}))
    return forgetting(folder)


def forgetting(folder: Path) -> dict[str, Any]:
    """The content of partition 0 after the user was forgotten who is to be."""
    state = PartitionState(folder / "state/0000")
    state.forget([REQUESTED])
    state.close()
    return content(folder / "state/0000")


def asked() -> ListLog:
    requests = ListLog()
    requests.records[0] = [REQUESTED.fulfilled().to_bytes()]
    return requests


def restored(folder: Path, log: ListLog) -> int:
    """Take partition 0 over; how many entries the changelog had for it."""
    disk = Disk(folder, log, asked())
    asyncio.run(disk.take_over())
    disk.partitions.close()
    return disk.recovery.restored.entries


@pytest.mark.parametrize("name", NAMES)
def test_a_state(name: str, tmp_path: Path, expected: dict[str, Any]) -> None:
    former_state(name, tmp_path)
    assert forgetting(tmp_path) == expected


@pytest.mark.parametrize("name", LOGGED)
def test_a_changelog(name: str, tmp_path: Path, expected: dict[str, Any]) -> None:
    assert restored(tmp_path, former_log(name)) > 0
    assert content(tmp_path / "state/0000") == expected


@pytest.mark.parametrize("name", LOGGED)
def test_a_state_beside_its_changelog_reads_nothing_again(
    name: str, tmp_path: Path, expected: dict[str, Any]
) -> None:
    former_state(name, tmp_path)
    assert restored(tmp_path, former_log(name)) == 0
    assert content(tmp_path / "state/0000") == expected


def path_of(paid: Any, folder: Path, log: ListLog, *before: Any) -> tuple[list[int], bool]:
    """The path of a payment that a worker reads behind the history, and whether it says that it is incomplete."""
    committed = COMMITTED | {("taobao-purchases", 0): 4 + len(before)}
    found = asyncio.run(Disk(folder, log).work(logs(*EVENTS, *before, paid), committed))
    [row] = [
        b.frame.row(0, named=True) for p in found for b in p.blocks if b.table == "conversions"
    ]
    return list(row["path.occurred_at"]), row["path_incomplete"]


@pytest.mark.parametrize("name", LOGGED)
@pytest.mark.parametrize("folder", ["kept", "lost"])
def test_a_rolling_restart(name: str, folder: str, tmp_path: Path) -> None:
    """An old worker wrote, a new one goes on, and the next one restores what both have written."""
    log, paid = former_log(name), [pay(PAID + HOUR, "s4"), pay(PAID + 2 * HOUR, "s5")]
    former_state(name, tmp_path / "kept")
    touched = sorted(
        event.record["occurred_at"]
        for event in EVENTS
        if event.record["user_id"] == "u1"
        and event.topic != "taobao-purchases"
        and event.record.get("action") != "UNSAVE"
    )
    assert path_of(paid[0], tmp_path / "kept", log) == (touched, False)
    assert path_of(paid[1], tmp_path / folder, log, paid[0]) == (touched, False)


def test_a_conversion_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = former_state("1d", tmp_path)
    with caplog.at_level(logging.INFO, logger="streams.state"):
        for _ in range(2):
            PartitionState(folder).close()
    told = [message.split(str(folder))[1].split(" in ")[0] for message in caplog.messages]
    assert told == [
        sentence
        for former in range(1, formats.FORMAT)
        for sentence in (
            f" is converted from format {former} to {former + 1}",
            " is converted: 18 entries",
        )
    ]


@pytest.mark.parametrize("name", ["1a", "1d"])
def test_no_file_has_a_former_key(name: str, tmp_path: Path) -> None:
    """Forgetting a user looks for today's keys alone. A deletion keeps what it has deleted."""
    folder = former_state(name, tmp_path)
    former = min(entries(folder)).decode()
    assert files_naming(folder, former) != []
    PartitionState(folder, in_changelog=True).close()
    assert files_naming(folder, former) == []


@pytest.mark.parametrize("name", [name for name in NAMES if name >= "4"])
def test_files_are_written_anew_only_where_keys_moved(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewritten: list[object] = []
    monkeypatch.setattr(Database, "rewrite", lambda _, ranges: rewritten.append(ranges))
    PartitionState(former_state(name, tmp_path)).close()
    assert not rewritten


@pytest.mark.parametrize("name", NAMES)
def test_who_is_forgotten_later(name: str, tmp_path: Path) -> None:
    folder = former_state(name, tmp_path)
    state = PartitionState(folder, in_changelog=True)
    state.forget([Request.of("用户 2")])
    state.close()
    assert "用户 2" not in held_users(folder)
    assert files_naming(folder, "用户 2") == []
