"""A fetch is cut so that a batch's change fits into one record of the changelog."""

from types import SimpleNamespace

import pytest

from streams.transport.kafka import MAX_BATCH_BYTES, cut

HALF = MAX_BATCH_BYTES // 2


@pytest.mark.parametrize(
    ("sizes", "pieces"),
    [
        ([1], [1]),
        ([None, 1, None], [3]),
        ([HALF, HALF], [2]),
        ([HALF, HALF, 1], [2, 1]),
        ([MAX_BATCH_BYTES + 1], [1]),
        ([1, MAX_BATCH_BYTES + 1, 1, 1], [1, 1, 2]),
    ],
)
def test_pieces(sizes: list[int | None], pieces: list[int]) -> None:
    records = [SimpleNamespace(value=None if size is None else bytes(size)) for size in sizes]
    found = cut(records)
    assert [len(piece) for piece in found] == pieces
    assert [record for piece in found for record in piece] == records
