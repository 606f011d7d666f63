"""Numbers as they are written."""

import pytest

from report.amounts import percent, yuan


@pytest.mark.parametrize(
    ("fen", "shown"),
    [
        (0, "¥0.00"),
        (5, "¥0.05"),
        (-5, "-¥0.05"),
        (123_456_789, "¥1,234,567.89"),
        (-100_000, "-¥1,000.00"),
        # More than a float holds.
        (9_007_199_254_740_993, "¥90,071,992,547,409.93"),
    ],
)
def test_fen_are_whole(fen: int, shown: str) -> None:
    assert yuan(fen) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 0, "–"),
        (0, 7, "0%"),
        (7, 7, "100%"),
        (1, 3, "33.3%"),
        (1, 300, "0.33%"),
        (3, 2, "150.0%"),
        (-1, 10, "-10.0%"),
    ],
)
def test_shares(part: int, whole: int, shown: str) -> None:
    assert percent(part, whole) == shown
