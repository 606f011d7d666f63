"""Pages of the table of counts: as small as their cells allow, and read again as they were written."""

import numpy as np
import pytest

from streams.state.crowds import CELLS, PAGE, Bounds, Counts

BUCKET = 674


@pytest.mark.parametrize(
    ("count", "width"), [(1, 1), (255, 1), (256, 2), (65_535, 2), (65_536, 4), (1_000_000, 4)]
)
def test_a_page_that_is_read_again(count: int, width: int) -> None:
    cell = 3 * PAGE + 7
    written = Counts().add(np.repeat(BUCKET * CELLS + cell, count))
    [(bucket, number, page)] = written
    assert (bucket, number, len(page)) == (BUCKET, 3, width * PAGE)
    read = Counts()
    read.put((bucket, number, page))
    # Where a cell stands is what its events are counted from: one more is one too many, and one less is not.
    one = np.array([BUCKET * CELLS + cell])
    assert read.suspects(one, Bounds(1 << 40, count)) is not None
    assert read.suspects(one, Bounds(1 << 40, count + 1)) is None
    [(_, _, more)] = read.add(one)
    assert np.frombuffer(more, f"u{len(more) // PAGE}").sum() == count + 1


def test_a_page_that_grows() -> None:
    counts, cell = Counts(), np.repeat(BUCKET * CELLS, 200)
    sizes = [len(page) for _ in range(3) for _, _, page in counts.add(cell)]
    assert sizes == [PAGE, 2 * PAGE, 2 * PAGE]
