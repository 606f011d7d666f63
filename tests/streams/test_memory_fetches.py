"""A fetch from memory holds no more than was asked for, in records and in bytes, and always something."""

import pytest
from faust.types import TP

from streams.transport.memory import MemoryBroker

HERE = TP("topic", 0)
#: Of key and value.
SIZES = (10, 30, 500, 20, 20)


@pytest.fixture
def broker() -> MemoryBroker:
    broker = MemoryBroker()
    broker.create_topic("topic", 1, {0: 100})
    for size in SIZES:
        broker.append("topic", b"key", bytes(size - 3), 0, 0)
    return broker


@pytest.mark.parametrize(
    ("offset", "max_records", "max_bytes", "found"),
    [
        (0, 5, 1_000, (100, 105)),
        (101, 5, 530, (101, 103)),
        (101, 5, 529, (101, 102)),
        (102, 5, 1, (102, 103)),
        (103, 1, 1_000, (103, 104)),
        (103, 9, 40, (103, 105)),
    ],
)
def test_what_is_fetched(
    broker: MemoryBroker, offset: int, max_records: int, max_bytes: int, found: tuple[int, int]
) -> None:
    batch = broker.fetch(HERE, offset, max_records, max_bytes)
    assert batch
    assert (batch.offsets[0], batch.next_offset) == found
    assert batch.content_bytes == sum(SIZES[found[0] - 100 : found[1] - 100])


def test_nothing_is_there_yet(broker: MemoryBroker) -> None:
    assert broker.fetch(HERE, 105, 5, 1_000) is None


def test_what_was_committed_is_held_no_more(broker: MemoryBroker) -> None:
    assert (broker.backlog(["topic"]), broker.backlog_bytes(["topic"])) == (5, sum(SIZES))
    broker.commit("group", {HERE: 103})
    assert (broker.backlog(["topic"]), broker.backlog_bytes(["topic"])) == (2, 40)
