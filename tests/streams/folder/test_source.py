"""A source hands over whole chunks, and no sooner than what came before is judged."""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from faust.types import TP
from oracle.messages import CODEC
from oracle.records import at, view

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.topics import NOTE_VIEWS, SOURCE_TOPICS, SourceEvent
from streams.folder import Source, source
from streams.folder.handed_over import HandedOver
from streams.transport.memory import MemoryBroker

NOON = at("2026-06-01 12:00")
WAIT_S = 10


@pytest.fixture
def handed_over(tmp_path: Path) -> HandedOver:
    return HandedOver(tmp_path, tmp_path / "marks", "events")


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> MemoryBroker:
    monkeypatch.setattr(source, "CHUNK", 3)
    monkeypatch.setattr(source, "LINGER_S", 0.01)
    broker = MemoryBroker()
    for topic in SOURCE_TOPICS:
        broker.create_topic(topic, 1)
    return broker


def views(count: int) -> Iterator[SourceEvent]:
    for number in range(count):
        yield view(NOON + number)


def until(broker: MemoryBroker, count: int) -> None:
    deadline = time.monotonic() + WAIT_S
    while broker.backlog([NOTE_VIEWS]) != count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_chunk_at_a_time(broker: MemoryBroker, handed_over: HandedOver) -> None:
    judged = Event()

    def all_judged() -> bool:
        return broker.backlog([NOTE_VIEWS]) == 0 or judged.is_set()

    reader = Source(broker, CODEC, views(7), all_judged, False, handed_over)
    reader.start()
    until(broker, 3)
    time.sleep(0.05)
    assert reader.published == 3
    judged.set()
    reader.join(WAIT_S)
    assert (reader.published, reader.ended, reader.error) == (7, True, None)


def test_large_events_fill_a_chunk_and_the_broker(
    broker: MemoryBroker, handed_over: HandedOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = view(NOON)
    size = len(event.record["user_id"]) + len(CODEC.encode(event.topic, event.record))
    monkeypatch.setattr(source, "CHUNK_BYTES", size + 1)
    monkeypatch.setattr(source, "MAX_BACKLOG_BYTES", 3 * size)
    reader = Source(broker, CODEC, views(7), lambda: True, False, handed_over)
    reader.start()
    until(broker, 4)
    time.sleep(0.05)
    assert (reader.published, broker.backlog_bytes([NOTE_VIEWS])) == (4, 4 * size)
    broker.commit("group", {TP(NOTE_VIEWS, 0): 2})
    until(broker, 4)
    broker.commit("group", {TP(NOTE_VIEWS, 0): 6})
    reader.join(WAIT_S)
    assert (reader.published, broker.backlog_bytes([NOTE_VIEWS])) == (7, size)


@pytest.mark.parametrize("live", [True, False])
def test_what_comes_slowly(broker: MemoryBroker, handed_over: HandedOver, live: bool) -> None:
    more = Event()

    def slowly() -> Iterator[SourceEvent]:
        yield view(NOON)
        more.wait(WAIT_S)

    reader = Source(broker, CODEC, slowly(), lambda: True, live, handed_over)
    reader.start()
    for _ in range(10):
        time.sleep(0.02)
        reader.hurry()
    assert reader.published == live
    reader.stop()
    assert (reader.published, reader.ended) == (live, True)
    more.set()
    reader.join(WAIT_S)
    assert reader.published == live


def test_what_fails_is_told_and_what_came_before_is_published(
    broker: MemoryBroker, handed_over: HandedOver
) -> None:
    def failing() -> Iterator[SourceEvent]:
        yield view(NOON)
        raise ValueError("line 2")

    reader = Source(broker, CODEC, failing(), lambda: True, False, handed_over)
    reader.start()
    reader.join(WAIT_S)
    assert (reader.published, str(reader.error)) == (1, "line 2")


def test_what_comes_after_the_stop_is_not_published(
    broker: MemoryBroker, handed_over: HandedOver
) -> None:
    class Stopping(Codec):
        def encode(self, topic: str, record: dict[str, Any]) -> bytes:
            if broker.backlog([NOTE_VIEWS]):
                reader.stop()
            return super().encode(topic, record)

    codec = Stopping(DirectoryRegistry())
    reader = Source(broker, codec, views(5), lambda: True, True, handed_over)
    reader.start()
    reader.join(WAIT_S)
    # Whoever stops the app stops the source once more, when nothing is processed any longer.
    reader.stop()
    assert (reader.published, broker.backlog([NOTE_VIEWS])) == (3, 3)
