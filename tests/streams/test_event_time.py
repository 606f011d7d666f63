"""T: the slowest of the topics with unread records, the newest where nothing is unread, and never back.

Defined in docs/definitions.md §2.1.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.event_time import NEVER, UNKNOWN, EventTime, LogRange, unread_topics

#: What it shows: (T, newest by topic, topic read, times read, topics unread afterwards, T afterwards).
CASES = {
    "nothing unread: the newest of all": (NEVER, {"a": 50}, "b", [20], "", 50),
    "an idle topic holds nothing up": (NEVER, {"a": 50, "b": 10}, "a", [70], "a", 70),
    "a topic that lags holds it back": (NEVER, {"a": 50, "b": 10}, "a", [70], "ab", 10),
    "a topic of which nothing was read yet": (NEVER, {"a": 50}, "a", [70], "ab", NEVER),
    "never back, when another topic grows": (60, {"a": 60, "b": 10}, "a", [61], "ab", 60),
    "a batch without a valid event": (NEVER, {"a": 50}, "a", [], "a", 50),
    "older events than before": (50, {"a": 50}, "a", [20, 30], "a", 50),
    "its own topic was the slow one": (10, {"a": 50, "b": 10}, "b", [30], "ab", 30),
}


@pytest.mark.parametrize("case", CASES)
def test_advance(case: str) -> None:
    now, newest, topic, read, unread, then = CASES[case]
    clock = EventTime(now, dict(newest))
    clock.advance(topic, np.array(read, dtype=np.int64), set(unread))
    assert clock.now == then


def test_before_each_event_its_own_topic_is_unread() -> None:
    clock = EventTime(5, {"a": 5, "b": 40})
    times = np.array([10, 30, 20, 90, 0])
    assert clock.before_each("a", times, []).tolist() == [5, 10, 30, 30, 90]
    assert clock.before_each("a", times, ["b"]).tolist() == [5, 10, 30, 30, 40]
    assert clock.before_each("a", times, ["c"]).tolist() == [5] * 5
    assert EventTime().before_each("a", times, []).tolist() == [NEVER, 10, 30, 30, 90]


@settings(derandomize=True, database=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50)), min_size=1, max_size=30),
    st.data(),
)
def test_it_does_not_depend_on_the_cuts(events, data) -> None:
    """Runs of one topic, cut further at will, give each event the same T."""
    cuts = data.draw(st.sets(st.integers(1, len(events))))
    assert times_before(events, cuts) == times_before(events, set(range(len(events))))


def times_before(events: list[tuple[str, int]], cuts: set[int]) -> list[int]:
    clock, found, start = EventTime(), [], 0
    for end in range(1, len(events) + 1):
        same_topic = end < len(events) and events[end][0] == events[start][0]
        if same_topic and end not in cuts:
            continue
        topic = events[start][0]
        times = np.array([time for _, time in events[start:end]], dtype=np.int64)
        unread = {name for name, _ in events[end:]}
        found += clock.before_each(topic, times, unread).tolist()
        clock.advance(topic, times, unread)
        start = end
    return found


@pytest.mark.parametrize(
    ("read_to", "log", "unread"),
    [
        ({}, LogRange(0, 0, committed=0), False),
        ({}, LogRange(0, 1, committed=0), True),
        ({"a": 1}, LogRange(0, 1, committed=0), False),
        ({"a": 1}, LogRange(0, 2, committed=0), True),
        ({"a": 3}, LogRange(7, 7, committed=0), False),  # the rest has been deleted
        ({"a": 3}, LogRange(7, 8, committed=0), True),
        ({"a": 9}, LogRange(0, 2, committed=0), False),  # the topic was made again
    ],
)
def test_unread_topics(read_to, log, unread) -> None:
    assert unread_topics(read_to, {"a": log}) == ({"a"} if unread else set())


@pytest.mark.parametrize(
    ("start", "end", "committed", "lag"),
    [
        (0, 10, 4, 6),
        (0, 10, 10, 0),
        (0, 0, 0, 0),
        (8, 10, 4, 2),  # what was committed has left the log
        (0, 10, 12, 0),  # the end was asked for before the last commit
        (0, UNKNOWN, 4, None),
    ],
)
def test_lag(start: int, end: int, committed: int, lag: int | None) -> None:
    assert LogRange(start, end, committed).lag == lag
