"""A run in a folder keeps dead letters in their table alone: in memory they would grow with the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from oracle.records import at, view

from schemas.topics import DEAD_LETTERS
from streams import embedded
from streams.settings import Settings
from streams.transport.memory import MemoryBroker, fresh_broker

NOON = at("2026-06-01 12:00")


def test_nothing_is_kept_of_what_is_in_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers: list[MemoryBroker] = []

    @contextmanager
    def watched() -> Iterator[tuple[str, MemoryBroker]]:
        with fresh_broker() as (url, broker):
            brokers.append(broker)
            yield url, broker

    monkeypatch.setattr(embedded, "fresh_broker", watched)
    views = (view(NOON + number, note_id="" if number % 2 else "n") for number in range(20))
    embedded.drain(Settings(), tmp_path, views)
    [broker] = brokers
    assert broker.backlog([DEAD_LETTERS]) == 0
