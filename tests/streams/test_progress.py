"""Rows of `progress`: how far batches have come, by ten minutes of their timestamps."""

from dataclasses import replace

import numpy as np
import pytest

from schemas.columns import binary
from schemas.topics import LINK_CLICKS, NOTE_VIEWS
from streams.batch import Batch
from streams.event_time import NEVER, UNKNOWN, EventTime
from streams.rows import SLOT_MS, progress_block
from streams.settings import Settings

DAY_MS = 86_400_000
SLOT = 2_916_666 * SLOT_MS
SETTINGS = Settings(allowed_lateness_days=2, lookback_days=9, epoch=5)


def batch(*records: tuple[int, int], next_offset: int, topic: str = NOTE_VIEWS) -> Batch:
    """Of records that are given as offset and ms after SLOT."""
    offsets, after = zip(*records, strict=True)
    return Batch(
        topic=topic,
        partition=3,
        offsets=np.array(offsets),
        timestamps=np.array(after) + SLOT,
        keys=binary([b"u"] * len(offsets)),
        values=binary([b"v"] * len(offsets)),
        next_offset=next_offset,
    )


def test_one_row_for_every_ten_minutes() -> None:
    records = [(5, 0), (6, SLOT_MS), (7, SLOT_MS - 1), (9, SLOT_MS + 3)]
    clock = EventTime(now=SLOT - 1, newest={NOTE_VIEWS: SLOT + 7, LINK_CLICKS: SLOT - 1})
    ends = {NOTE_VIEWS: 40}
    block = progress_block([batch(*records, next_offset=12)], clock, ends, SETTINGS)
    same = {
        "topic": NOTE_VIEWS,
        "partition": 3,
        "epoch": 5,
        "end_offset": 40,
        "expired_unread": 0,
        "newest_event_at": SLOT + 7,
        "event_time": SLOT - 1,
        "complete_until": SLOT - 1 - 2 * DAY_MS,
        "lookback_days": 9,
    }
    assert block.frame.to_dicts() == [
        {"slot": SLOT, "next_offset": 8, "newest_message_at": SLOT + SLOT_MS - 1, **same},
        {"slot": SLOT + SLOT_MS, "next_offset": 12, "newest_message_at": SLOT + SLOT_MS + 3, **same},
    ]  # fmt: skip


@pytest.mark.parametrize("clock", [EventTime(), EventTime(newest={LINK_CLICKS: SLOT})])
def test_what_is_not_known_yet_is_left_out(clock: EventTime) -> None:
    ends = {NOTE_VIEWS: UNKNOWN}
    block = progress_block([batch((0, 0), next_offset=1)], clock, ends, SETTINGS)
    [row] = block.frame.to_dicts()
    assert clock.now == NEVER
    assert row["end_offset"] == 1
    assert [row[name] for name in ("newest_event_at", "event_time", "complete_until")] == [None] * 3


def test_batches_of_a_round_have_rows_of_their_own() -> None:
    batches = [
        batch((5, 0), next_offset=6),
        batch((0, SLOT_MS), (1, 0), next_offset=3, topic=LINK_CLICKS),
    ]
    clock = EventTime(now=SLOT, newest={LINK_CLICKS: SLOT})
    block = progress_block(batches, clock, {NOTE_VIEWS: 7, LINK_CLICKS: 9}, SETTINGS)
    columns = ("topic", "slot", "next_offset", "end_offset", "newest_event_at")
    assert block.frame.select(columns).rows() == [
        (NOTE_VIEWS, SLOT, 6, 7, None),
        (LINK_CLICKS, SLOT, 3, 9, SLOT),
        (LINK_CLICKS, SLOT + SLOT_MS, 1, 9, SLOT),
    ]


def test_what_expired_stands_where_reading_went_on() -> None:
    """In the slot of the first record, however the timestamps are; the rest of a batch that is cut has none of it."""
    read = replace(batch((20, SLOT_MS), (21, 0), (22, 5), next_offset=23), expired_before=11)
    first, rest = read.split(2)
    ends = {NOTE_VIEWS: 23}
    for cut in ([read], [first, rest]):
        frame = progress_block(cut, EventTime(), ends, SETTINGS).frame
        lost = {slot: n for slot, n in frame.select("slot", "expired_unread").iter_rows() if n}
        assert lost == {SLOT + SLOT_MS: 11}
