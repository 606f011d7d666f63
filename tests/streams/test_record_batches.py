"""Record batches read whole hold what aiokafka reads of them one by one."""

import struct
from unittest.mock import patch

import pytest
from expanding import GZIP, LZ4, NONE, SNAPPY, TIME, ZSTD
from hypothesis import given
from hypothesis import strategies as st
from kafka_bytes import (
    CONTROL,
    LOG_APPEND_TIME,
    as_ever,
    in_pieces,
    nothing_singly,
    one_by_one,
    plain,
    record_batch,
    whole,
)

from streams.transport import one_batch

ABORT, COMMIT = struct.pack(">hh", 0, 0), struct.pack(">hh", 0, 1)


@pytest.mark.parametrize("codec", [NONE, GZIP, SNAPPY, LZ4, ZSTD])
def test_codecs(codec: int) -> None:
    raw = record_batch(5, plain(0, 1, 2), codec) + record_batch(9, plain(*range(300)), codec)
    with nothing_singly():
        found, position = whole(raw)
    assert (found, position) == one_by_one(raw)
    assert [row[0] for row in found] == [5, 6, 7, *range(9, 309)]
    assert position == 309


def test_gaps_of_compaction() -> None:
    raw = record_batch(5, plain(1, 4)) + record_batch(20, plain(0, 3))
    with nothing_singly():
        assert whole(raw) == one_by_one(raw)
    assert [row[0] for row in whole(raw)[0]] == [6, 9, 20, 23]


@pytest.mark.parametrize("codec", [GZIP, SNAPPY, LZ4, ZSTD])
@pytest.mark.parametrize("flags", [0, LOG_APPEND_TIME])
def test_pieces(codec: int, flags: int) -> None:
    raw = record_batch(5, plain(0, 1, 2), codec, flags)
    raw += record_batch(9, plain(*range(300)), codec, flags, max_timestamp=TIME + 9)
    with patch.object(one_batch.RecordBatch, "records", None):
        assert in_pieces(raw) == one_by_one(raw)
        assert in_pieces(raw, 7) == one_by_one(raw, 7)


@pytest.mark.parametrize("position", [0, 5, 6, 7, 8])
def test_a_fetch_that_begins_in_the_middle(position: int) -> None:
    raw = record_batch(5, plain(0, 1, 3)) + record_batch(20, plain(0, 1, 2))
    with nothing_singly():
        found, behind = whole(raw, position)
    assert (found, behind) == one_by_one(raw, position)
    assert found[0][0] >= position


def test_times_of_the_broker() -> None:
    stamped = record_batch(5, plain(0, 1), LZ4, LOG_APPEND_TIME, max_timestamp=TIME + 99)
    raw = stamped + record_batch(7, plain(0, 1))
    with nothing_singly():
        assert whole(raw) == one_by_one(raw)
    assert [row[1] - TIME for row in whole(raw)[0]] == [99, 99, 0, 7]


def test_transactions() -> None:
    def marker(offset: int, key: bytes, producer: int) -> bytes:
        return record_batch(offset, [(0, 0, key, b"\x00" * 6, [])], NONE, CONTROL, producer)

    raw = b"".join(
        [
            record_batch(0, plain(0, 1), producer=1),
            record_batch(2, plain(0, 1), producer=2),
            marker(4, ABORT, 1),
            record_batch(5, plain(0), producer=1),
            marker(6, COMMIT, 2),
            marker(7, COMMIT, 1),
        ]
    )
    with nothing_singly():
        found, position = whole(raw, aborted=[(1, 0)])
    assert (found, position) == one_by_one(raw, aborted=[(1, 0)])
    assert [row[0] for row in found] == [2, 3, 5]
    assert position == 8


@pytest.mark.parametrize("sizes", [[1], [20, 21], [30, 5, 40], [1001], [500, 10, 600, 600, 3]])
def test_few_and_many(sizes: list[int]) -> None:
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    raw = b"".join(
        record_batch(start, plain(*range(size))) for start, size in zip(starts, sizes, strict=True)
    )
    assert as_ever(raw) == one_by_one(raw)


TEXTS = st.binary(max_size=80) | st.binary(min_size=100, max_size=200)
RECORDS = st.tuples(
    st.integers(1, 100),
    st.integers(-(2**40), 2**40),
    st.none() | TEXTS,
    st.none() | TEXTS,
    st.just([]) | st.just([("h", b"x")]),
)
PLAIN = st.tuples(st.integers(1, 100), st.integers(-(2**40), 2**40), TEXTS, TEXTS, st.just([]))
BATCHES = st.lists(
    st.lists(PLAIN, min_size=1, max_size=9) | st.lists(RECORDS, min_size=1), min_size=1, max_size=5
)


@given(BATCHES, st.sampled_from([NONE, SNAPPY, LZ4, ZSTD]), st.integers(0, 500))
def test_any_records(batches: list[list[tuple]], codec: int, position: int) -> None:  # type: ignore[type-arg]
    raw, offset = b"", 0
    for records in batches:
        first, made = offset, []
        for gap, *rest in records:
            made.append((offset - first, *rest))
            offset += gap
        raw += record_batch(first, made, codec)
    within_the_first = position % (1 + sum(gap for gap, *_ in batches[0][:-1]))
    assert whole(raw, within_the_first) == one_by_one(raw, within_the_first)
    assert in_pieces(raw, within_the_first) == one_by_one(raw, within_the_first)
