"""A message that was not read whole is a dead letter, whatever its beginning could be taken for."""

import numpy as np
import polars as pl
import pytest

from schemas.rejects import MAX_DETAIL, Fault, Reason, Reject
from streams.batch import Batch


def batch(**faults: Fault) -> Batch:
    return Batch(
        topic="note-views",
        partition=0,
        offsets=np.array([3, 5, 8]),
        timestamps=np.zeros(3, np.int64),
        keys=pl.Series([b"a", b"b", b"c"]),
        values=pl.Series([b"x", b"y", b"z"]),
        next_offset=9,
        faults={int(offset[1:]): fault for offset, fault in faults.items()},
    )


FAULT = Fault(Reason.OVERSIZED, "too large")


def test_by_offset() -> None:
    assert batch().unread == []
    assert batch(_5=FAULT, _8=FAULT).unread == [
        Reject(1, Reason.OVERSIZED, "too large"),
        Reject(2, Reason.OVERSIZED, "too large"),
    ]


@pytest.mark.parametrize("at", [1, 2])
def test_parts_of_a_batch_know_their_own(at: int) -> None:
    first, rest = batch(_5=FAULT).split(at)
    rows = [reject.row for reject in first.unread], [reject.row for reject in rest.unread]
    assert rows == (([], [0]) if at == 1 else ([1], []))


def test_a_detail_has_an_end() -> None:
    assert len(Reject(0, Reason.UNKNOWN_SCHEMA, "x" * 1_000_000).detail) == MAX_DETAIL + 1
