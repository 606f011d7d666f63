"""What is fetched while the consumer goes back to the committed offsets is not handed out before what is read again."""

import asyncio

import numpy as np
import pytest
from faust.transport.consumer import Consumer
from faust.types import TP

from schemas.columns import binary
from schemas.topics import NOTE_VIEWS
from streams.batch import Batch
from streams.transport.abreast import Abreast
from streams.transport.batching import InFlight
from streams.transport.memory.driver import Consumer as MemoryConsumer

VIEWS = TP(NOTE_VIEWS, 0)


def test_a_fetch_that_ends_during_a_seek_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    late = Batch(
        NOTE_VIEWS, 0, np.array([50]), np.array([1]), binary([None]), binary([b"late"]), 51
    )
    consumer = object.__new__(MemoryConsumer)
    consumer.in_flight = InFlight()
    consumer._abreast = Abreast(lambda tp: False, lambda: 0.0)
    consumer._next = {VIEWS: 50}
    consumer._committed_offset = {VIEWS: 10}
    consumer.sought = lambda: {VIEWS: 10}  # type: ignore[method-assign]

    async def seek(self: Consumer) -> None:
        consumer._abreast.put(VIEWS, [late])
        consumer._next[VIEWS] = late.next_offset

    monkeypatch.setattr(Consumer, "perform_seek", seek)
    asyncio.run(consumer.perform_seek())
    assert consumer._abreast.take([VIEWS]) is None
    assert consumer._next == {VIEWS: 10}
