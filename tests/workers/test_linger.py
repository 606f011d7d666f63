"""A batch waits for others as long as it may, counted from when it came, and not from when ClickHouse was free."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from workbench import eventually

from schemas.columns import binary
from schemas.topics import NOTE_VIEWS
from sinks.memory import MemorySink
from streams import outbox
from streams.batch import Batch
from streams.outbox import Outbox
from streams.pipeline import Judged, Processed

LINGER_S = 60


def a_batch() -> Processed:
    numbers = np.zeros(1, np.int64)
    batch = Batch(NOTE_VIEWS, 0, numbers, numbers, binary([b"k"]), binary([b"v"]), next_offset=1)
    return Processed([Judged(batch)])


@pytest.mark.parametrize("waited_s", [0, LINGER_S / 2, LINGER_S])
def test_what_has_waited_elsewhere_counts(monkeypatch: pytest.MonkeyPatch, waited_s: float) -> None:
    async def publish(_: Any) -> None:
        return None

    async def scenario() -> bool:
        box, done = Outbox(MemorySink(), publish, 1_000, LINGER_S), asyncio.Event()
        later = SimpleNamespace(monotonic=lambda: time.monotonic() + waited_s)
        monkeypatch.setattr(outbox, "time", later)
        await box.start()
        await box.add(a_batch(), done.set, lambda: None)
        if waited_s >= LINGER_S:
            await eventually(done.is_set)
        else:
            await asyncio.sleep(0.2)
        found = done.is_set()
        await box.stop()
        return found

    assert asyncio.run(scenario()) is (waited_s >= LINGER_S)
