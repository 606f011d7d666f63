"""What of a log is unread, and how far behind the group is."""

import pytest

from streams.event_time import UNKNOWN, LogRange, unread_topics


@pytest.mark.parametrize(
    ("log", "read_to", "unread"),
    [
        (LogRange(0, 10, 0), 9, True),
        (LogRange(0, 10, 0), 10, False),
        (LogRange(10, 10, 0), 0, False),
        (LogRange(0, 10, 0, markers=2), 10, False),
        (LogRange(0, 10, 0, markers=2), 12, False),
        (LogRange(0, UNKNOWN, 0), 12, True),
    ],
)
def test_unread(log: LogRange, read_to: int, unread: bool) -> None:
    assert unread_topics({"t": read_to}, {"t": log}) == ({"t"} if unread else set())


@pytest.mark.parametrize(
    ("log", "lag"),
    [
        (LogRange(0, 10, 4), 6),
        (LogRange(7, 10, 4), 3),
        (LogRange(0, 10, 12, markers=2), 0),
        (LogRange(0, UNKNOWN, 4), None),
    ],
)
def test_lag(log: LogRange, lag: int | None) -> None:
    assert log.lag == lag
