"""A run that is done over is given the events of before, in the same chunks, or nothing of them becomes visible."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from oracle.messages import CODEC
from oracle.records import at, view

from schemas.errors import StateError
from schemas.topics import NOTE_VIEWS, SOURCE_TOPICS, SourceEvent
from streams.folder import Source, source
from streams.folder.handed_over import HandedOver
from streams.transport.memory import MemoryBroker

NOON = at("2026-06-01 12:00")
WAIT_S = 10


@pytest.fixture(autouse=True)
def chunks_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "CHUNK", 3)


def views(*minutes: int) -> list[SourceEvent]:
    return [view(NOON + minute * 60_000) for minute in minutes]


def read(folder: Path, events: Iterable[SourceEvent], live: bool = False) -> tuple[Source, int]:
    """A source that has read them to their end, and how many are visible."""
    broker = MemoryBroker()
    for topic in SOURCE_TOPICS:
        broker.create_topic(topic, 1)
    marks = HandedOver(folder, folder / "marks", "a pipe")
    reader = Source(broker, CODEC, events, lambda: True, live, marks)
    reader.start()
    reader.join(WAIT_S)
    assert reader.ended
    return reader, broker.backlog([NOTE_VIEWS])


@pytest.mark.parametrize("minutes", [range(7), range(9), range(20)])
def test_the_same_and_what_follows_it(tmp_path: Path, minutes: range) -> None:
    read(tmp_path, views(*range(7)))
    for _ in range(2):
        reader, visible = read(tmp_path, views(*minutes))
        assert (reader.error, reader.whole, visible) == (None, True, len(minutes))


def test_the_same_chunks(tmp_path: Path) -> None:
    """Event time depends on what is visible and unread."""
    read(tmp_path, views(*range(2)))
    broker = MemoryBroker()
    seen: list[int] = []
    broker.publish_all = lambda chunk: seen.append(len(list(chunk)))  # type: ignore[method-assign]
    marks = HandedOver(tmp_path, tmp_path / "marks", "a pipe")
    Source(broker, CODEC, views(*range(9)), lambda: True, True, marks).run()
    assert seen == [2, 3, 3, 1]


@pytest.mark.parametrize(
    ("minutes", "told", "visible"),
    [
        ((9, 1, 2, 3, 4), "is not what that read, somewhere in events 1 to 3", 0),
        ((0, 2, 1, 3, 4), "is not what that read, somewhere in events 1 to 3", 0),
        ((0, 1, 2, 3, 9), "is not what that read, somewhere in events 4 to 5", 3),
        ((0, 1, 2, 3), "ends after 4 events, and that had read more", 3),
        ((0, 1, 2), "ends after 3 events, and that had read more", 3),
        ((), "ends after 0 events, and that had read more", 0),
    ],
)
@pytest.mark.parametrize("live", [False, True])
def test_something_else(
    tmp_path: Path, minutes: tuple[int, ...], told: str, visible: int, live: bool
) -> None:
    read(tmp_path, views(*range(5)))
    reader, seen = read(tmp_path, views(*minutes), live)
    assert isinstance(reader.error, StateError)
    assert f"A run that reads a pipe has not come to its end in {tmp_path}" in str(reader.error)
    assert told in str(reader.error)
    assert (reader.whole, seen) == (False, visible)
    reader, seen = read(tmp_path, views(*range(5)), live)
    assert (reader.error, reader.whole, seen) == (None, True, 5)


def test_a_source_that_fails_before_it_came_so_far(tmp_path: Path) -> None:
    def failing() -> Iterator[SourceEvent]:
        yield from views(0, 1)
        raise ValueError("line 3")

    read(tmp_path, views(*range(5)))
    reader, visible = read(tmp_path, failing())
    assert (str(reader.error), reader.whole, visible) == ("line 3", False, 0)


def test_a_signal_before_a_live_one_came_so_far(tmp_path: Path) -> None:
    def interrupted() -> Iterator[SourceEvent]:
        yield from views(0)
        reader.hurry()
        reader.stop()
        yield from views(1, 2)

    read(tmp_path, views(*range(3)))
    broker = MemoryBroker()
    marks = HandedOver(tmp_path, tmp_path / "marks", "a pipe")
    reader = Source(broker, CODEC, interrupted(), lambda: True, True, marks)
    reader.run()
    assert (reader.error, reader.whole, reader.published) == (None, False, 0)


@pytest.mark.parametrize("cut", ["3 0123", "3 " + 32 * "0", "x"])
def test_a_mark_that_was_cut_is_of_a_chunk_that_nobody_saw(tmp_path: Path, cut: str) -> None:
    (tmp_path / "marks").write_text(cut)
    for _ in range(2):
        reader, visible = read(tmp_path, views(0, 1, 2))
        assert (reader.error, visible) == (None, 3)
    assert read(tmp_path, views(9, 1, 2))[1] == 0


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    class Full(HandedOver):
        def _append(self, line: str) -> None:
            raise OSError(28, "No space left on device")

    broker = MemoryBroker()
    reader = Source(
        broker, CODEC, views(0), lambda: True, False, Full(tmp_path, tmp_path / "marks", "a")
    )
    reader.run()
    assert f"The folder {tmp_path} cannot be written (No space left on device)" in str(reader.error)
    assert (reader.whole, reader.published) == (False, 0)
