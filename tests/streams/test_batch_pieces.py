"""A fetch is cut so that a batch's change fits into one record of the changelog."""

import numpy as np
import pytest

from schemas.columns import binary
from streams.app import FETCH_BYTES, fetch_bytes
from streams.batch import Batch
from streams.settings import Settings
from streams.transport.kafka import cut


@pytest.mark.parametrize(
    ("sizes", "pieces"),
    [
        ([1], [1]),
        ([None, 1, None], [3]),
        ([5, 5], [2]),
        ([5, 5, 1], [2, 1]),
        ([11], [1]),
        ([1, 11], [1, 1]),
        ([1] * 9, [4, 4, 1]),
        ([1, 1, 5, 5, 1, 1, 1, 1], [3, 4, 1]),
        ([1, 11, 1, 1], [1, 1, 2]),
    ],
)
def test_pieces(sizes: list[int | None], pieces: list[int]) -> None:
    offsets = np.arange(len(sizes)) * 2
    values = [None if size is None else bytes(size) for size in sizes]
    keys = binary([b"k"] * len(sizes))
    whole = Batch("t", 0, offsets, offsets, keys, binary(values), offsets[-1] + 5)
    found = list(cut(whole, 10, 4))
    assert [len(piece) for piece in found] == pieces
    assert [value for piece in found for value in piece.values] == values
    assert np.concatenate([piece.offsets for piece in found]).tolist() == offsets.tolist()
    starts = [int(piece.offsets[0]) for piece in found[1:]]
    assert [piece.next_offset for piece in found] == [*starts, offsets[-1] + 5]


@pytest.mark.parametrize(
    ("memory_mib", "partitions", "fetched"),
    [
        (1024, 8, 2 << 20),
        (1024, 1, FETCH_BYTES[1]),
        (1024, 16, 1 << 20),
        (1024, 64, FETCH_BYTES[0]),
        (256, 8, FETCH_BYTES[0]),
    ],
)
def test_a_fetch_of_every_partition_has_room_in_memory(
    memory_mib: int, partitions: int, fetched: int
) -> None:
    settings = Settings(memory_bytes=memory_mib << 20, partitions=partitions)
    assert fetch_bytes(settings) == fetched
