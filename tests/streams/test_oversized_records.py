"""Records that expand to more than is read: their beginning, the records around them, and bounded memory."""

import tracemalloc

import pytest
from expanding import CODECS, GZIP, LZ4, NONE, ZSTD, expanding
from kafka_bytes import (
    TP,
    faults,
    nothing_singly,
    one_by_one,
    plain,
    record_batch,
    results,
    rows,
    whole,
)

from schemas.rejects import Reason
from streams.transport import record_batches
from streams.transport.expansion import BEGINNING_BYTES, MESSAGE_BYTES, WHOLE_BYTES, Unread
from streams.transport.fetches import Room, Waiting

MOST = MESSAGE_BYTES - len(b"key")
SMALL = (b"key", b"small")


@pytest.mark.parametrize("codec", CODECS)
def test_the_largest_that_is_read(codec: int) -> None:
    records = [(0, 0, b"key", bytes(MOST), []), (1, 0, b"key", bytes(MOST + 1), []), *plain(2)]
    found, position = whole(record_batch(5, records, codec))
    sizes = [(len(key), len(value)) for _, _, key, value in found]
    assert sizes == [(3, MOST), (3, BEGINNING_BYTES), (5, len(plain(2)[0][3] or b""))]
    assert position == 8
    [(offset, fault)] = faults(record_batch(5, records, codec)).items()
    assert (offset, fault.reason) == (6, Reason.OVERSIZED)
    assert "3 and 1,048,574 bytes, more than the 1,048,576" in fault.detail


@pytest.mark.parametrize("codec", [GZIP, LZ4, ZSTD])
@pytest.mark.parametrize(("size", "count"), [(64 << 20, 1), (MESSAGE_BYTES, 64), (MOST, 64)])
def test_memory_is_bounded(codec: int, size: int, count: int) -> None:
    raw = expanding([SMALL, *[(b"key", size)] * count, SMALL], codec)
    tracemalloc.start()
    found = []
    for records in drained(raw, room=8 << 20):
        found += [(offset, len(value)) for offset, _, _, value in rows(records)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    kept = size if size == MOST else BEGINNING_BYTES
    assert found == [(0, 5), *((n, kept) for n in range(1, count + 1)), (count + 1, 5)]
    assert peak < 40 << 20


def test_a_large_key_and_large_headers() -> None:
    raw = expanding([(bytes(32 << 20), b"value"), SMALL], GZIP)
    found, _ = whole(raw)
    assert [(len(key), value) for _, _, key, value in found] == [(4096, b"value"), (3, b"small")]
    headers = [(0, 0, b"key", b"value", [("trace", bytes(WHOLE_BYTES))]), *plain(1)]
    raw = record_batch(5, headers, ZSTD)
    assert whole(raw) == one_by_one(raw)
    assert not faults(raw)


@pytest.mark.parametrize("position", [0, 1, 2, 3])
def test_reading_on_within_a_batch(position: int) -> None:
    raw = expanding([SMALL, (b"key", 20 << 20), SMALL, SMALL], LZ4)
    found, behind = whole(raw, position)
    assert [row[0] for row in found] == [*range(position, 4)]
    assert behind == 4


def test_others_wait_until_an_open_batch_is_read() -> None:
    large = results(expanding([(b"key", 20 << 20), SMALL, SMALL], GZIP), Room(1))
    other = results(record_batch(0, plain(0)), large.room)
    assert [one.offset for one in large.getall()] == [1]
    assert large.room is not None
    large.room.left = 1 << 20
    assert other.getall() == []
    assert [one.offset for one in large.getall()] == [2]
    assert [one.offset for one in other.getall()] == [0]


@pytest.mark.parametrize("codec", [GZIP, NONE])
def test_other_readers_are_bounded_too(codec: int) -> None:
    raw = expanding([(b"key", 17 << 20), SMALL], codec)
    found = list(results(raw, as_worker=False).getall())
    assert [record.offset for record in found] == [0, 1]
    assert isinstance(found[0].value, Unread)
    assert len(found[0].value) == BEGINNING_BYTES


def test_many_records_that_fit_come_whole() -> None:
    raw = record_batch(0, [(n, 0, b"key", bytes(100), []) for n in range(2_000)], ZSTD)
    with nothing_singly():
        assert len(whole(raw)[0]) == 2_000


def drained(raw: bytes, room: int) -> list[record_batches.Records]:
    """As a worker drains it."""
    waiting = results(raw)
    found = []
    while waiting.has_more():
        assert waiting.room is not None
        waiting.room.left = room
        if batches := waiting.getall():
            found.append(record_batches.read(batches))
    return found


@pytest.mark.parametrize("active", [True, False])
def test_a_batch_that_nobody_reads_on_holds_up_nobody(active: bool) -> None:
    large = results(expanding([(b"key", 20 << 20), SMALL], GZIP))
    assert large.room is not None
    waiting = Waiting({TP: large}, large.room)
    large.room.held_by = large
    waiting.make_room(100, {TP} if active else set())
    assert large.room.held_by is (large if active else None)
    assert large.room.left == 100
    del waiting[TP]
    waiting.make_room(100, {TP})
    assert large.room.held_by is None
