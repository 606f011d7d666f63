"""A state whose file is damaged is told: what cannot be read is not what is not there."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
from one_partition import OnePartition
from oracle.records import at, save

from schemas.errors import StateError
from streams.erasure.requests import Request
from streams.state import PartitionState, Wanted

T = at("2024-06-18 20:00")
USERS = [f"u{number:04}" for number in range(3_000)]
#: Where in the file, which begins with the actors: the events take two thirds of it.
AMONG_ACTORS, AMONG_EVENTS = 0.15, 0.6
Damage = Callable[[float], Path]


@pytest.fixture
def damage(partition: OnePartition, tmp_path: Path) -> Damage:
    """Make a state of one file, damaged at a part of its length; it is closed."""

    def damaged(part: float) -> Path:
        partition.feed(*(save(T, user_id=user) for user in USERS))
        partition.pipeline.state._database.db.flush()
        folder = tmp_path / "damaged"
        copytree(partition.folder, folder)
        [file] = folder.glob("*.sst")
        data = bytearray(file.read_bytes())
        place = int(part * len(data))
        data[place : place + 100] = bytes(100)
        file.write_bytes(data)
        return folder

    return damaged


def test_actors_that_cannot_be_read(damage: Damage) -> None:
    with pytest.raises(StateError, match=r"Cannot open .*: Corruption"):
        PartitionState(damage(AMONG_ACTORS))


def test_histories_that_cannot_be_read(damage: Damage) -> None:
    state = PartitionState(damage(AMONG_EVENTS))
    with pytest.raises(StateError, match=r"Cannot read .*: Corruption"):
        read(state, *USERS)
    state.close()


@pytest.mark.parametrize("named", [True, False])
def test_a_user_who_cannot_be_found_to_be_forgotten(damage: Damage, named: bool) -> None:
    state = PartitionState(damage(AMONG_EVENTS))
    request = Request.of(next(user for user in reversed(USERS) if not readable(state, user)))
    with pytest.raises(StateError, match=r"Cannot write .*: Corruption"):
        state.forget([request if named else request.fulfilled()])
    assert state.forgotten == frozenset()
    state.close()


def test_a_user_whose_file_cannot_be_written_anew(damage: Damage) -> None:
    state = PartitionState(damage(AMONG_EVENTS))
    assert readable(state, USERS[0])
    with pytest.raises(
        StateError, match=r"could not be written anew .*, or since a file is damaged"
    ):
        state.forget([Request.of(USERS[0])])
    with pytest.raises(StateError, match="Cannot close"):
        state.close()


def read(state: PartitionState, *users: str) -> None:
    with state.reader() as reader:
        list(reader.histories([Wanted(user, "b1", T, {"n1"}) for user in users]))


def readable(state: PartitionState, user: str) -> bool:
    try:
        read(state, user)
    except StateError:
        return False
    return True
