"""A user is forgotten when the files are rewritten, and not before: a disk that takes no more is told."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from held_users import files_naming
from one_partition import OnePartition
from oracle.records import DAY, at, view

from schemas.errors import StateError
from streams.erasure.requests import Request

PAID = at("2024-06-18 20:00")
GONE = "person-to-forget"


@contextmanager
def no_file_over(size: int) -> Iterator[None]:
    """RocksDB hears of it as it does of a disk without space."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def filled(partition: OnePartition) -> OnePartition:
    """Files of which the rewritten ones have more than 64 KiB."""
    others = [view(PAID + n, user_id=f"{n * 7919 % 10007:064}") for n in range(6000)]
    partition.feed(*(view(PAID - n * DAY, user_id=GONE) for n in range(3)), *others)
    partition.restart()
    return partition


def start_again(partition: OnePartition) -> None:
    """A store that could not be written fails once more when it is closed."""
    with suppress(StateError):
        partition.close()
    partition._open()


@pytest.mark.parametrize("again", [False, True])
def test_a_full_disk_is_told_and_the_next_try_does_it(filled: OnePartition, again: bool) -> None:
    with no_file_over(1 << 16), pytest.raises(StateError, match="could not be written anew"):
        filled.pipeline.state.forget([Request.of(GONE)])
    assert files_naming(filled.folder, GONE)
    start_again(filled)
    if again:
        filled.pipeline.state.forget([Request.of(GONE)])
    assert files_naming(filled.folder, GONE) == []


def test_a_disk_that_is_full_still_keeps_the_state_from_opening(filled: OnePartition) -> None:
    with no_file_over(1 << 16):
        with pytest.raises(StateError, match="could not be written anew"):
            filled.pipeline.state.forget([Request.of(GONE)])
        for _ in range(2):
            with pytest.raises(StateError):
                start_again(filled)
    start_again(filled)
    assert files_naming(filled.folder, GONE) == []
