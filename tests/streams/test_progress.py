"""Rows of `progress`: how far a batch has come, by ten minutes of its timestamps."""

import numpy as np
import pytest

from schemas.columns import binary
from streams.batch import Batch
from streams.event_time import NEVER, UNKNOWN, EventTime
from streams.rows import SLOT_MS, progress_block

DAY_MS = 86_400_000
SLOT = 2_916_666 * SLOT_MS


def batch(*records: tuple[int, int], next_offset: int) -> Batch:
    """Of records that are given as offset and ms after SLOT."""
    offsets, after = zip(*records, strict=True)
    return Batch(
        topic="note-views",
        partition=3,
        offsets=np.array(offsets),
        timestamps=np.array(after) + SLOT,
        keys=binary([b"u"] * len(offsets)),
        values=binary([b"v"] * len(offsets)),
        next_offset=next_offset,
    )


def test_one_row_for_every_ten_minutes() -> None:
    records = [(5, 0), (6, SLOT_MS), (7, SLOT_MS - 1), (9, SLOT_MS + 3)]
    clock = EventTime(now=SLOT - 1, newest={"note-views": SLOT + 7, "link-clicks": SLOT - 1})
    block = progress_block(batch(*records, next_offset=12), clock, 40, 2 * DAY_MS)
    same = {
        "topic": "note-views",
        "partition": 3,
        "end_offset": 40,
        "newest_event_at": SLOT + 7,
        "event_time": SLOT - 1,
        "complete_until": SLOT - 1 - 2 * DAY_MS,
    }
    assert block.frame.to_dicts() == [
        {"slot": SLOT, "next_offset": 8, "newest_message_at": SLOT + SLOT_MS - 1, **same},
        {"slot": SLOT + SLOT_MS, "next_offset": 12, "newest_message_at": SLOT + SLOT_MS + 3, **same},
    ]  # fmt: skip


@pytest.mark.parametrize("clock", [EventTime(), EventTime(newest={"link-clicks": SLOT})])
def test_what_is_not_known_yet_is_left_out(clock: EventTime) -> None:
    [row] = progress_block(batch((0, 0), next_offset=1), clock, UNKNOWN, DAY_MS).frame.to_dicts()
    assert clock.now == NEVER
    assert row["end_offset"] == 1
    assert [row[name] for name in ("newest_event_at", "event_time", "complete_until")] == [None] * 3
