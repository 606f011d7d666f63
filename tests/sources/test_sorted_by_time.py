"""Sorting by time keeps file order where times are equal."""

import pytest

from schemas.errors import SourceError
from schemas.topics import SourceEvent
from sources.ordering import sorted_by_time


def event(at: int, name: str = "") -> SourceEvent:
    return SourceEvent("note-saves", {"occurred_at": at, "note_id": name})


def test_ties_keep_their_order() -> None:
    events = [event(2, "a"), event(1, "b"), event(2, "c"), event(1, "d")]
    names = [event.record["note_id"] for event in sorted_by_time(events)]
    assert names == ["b", "d", "a", "c"]


def test_nothing_to_sort() -> None:
    assert list(sorted_by_time([])) == []


def test_the_limit_is_included() -> None:
    assert len(list(sorted_by_time([event(2), event(1)], limit=2))) == 2


def test_too_many_events_say_what_to_do() -> None:
    with pytest.raises(SourceError, match=r"more than 2 events.*sort the file itself first"):
        sorted_by_time([event(1)] * 3, limit=2)
