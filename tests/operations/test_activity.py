"""Counting what the pipeline does: lists of batches in, numbers out."""

import logging

import numpy as np
import pytest

from schemas.columns import binary
from schemas.rejects import Reason, Reject
from schemas.topics import NOTE_SAVES, NOTE_VIEWS
from streams.activity import BOUNDS_S, Activity, Durations
from streams.batch import Batch, Round
from streams.pipeline import Judged, Processed


def batch(*timestamps: int, topic: str = NOTE_VIEWS, partition: int = 0) -> Batch:
    count = len(timestamps)
    return Batch(
        topic=topic,
        partition=partition,
        offsets=np.arange(7, 7 + count),
        timestamps=np.array(timestamps),
        keys=binary([b"key", *[None] * (count - 1)]),
        values=binary([b"value", *[None] * (count - 1)]),
        next_offset=7 + count,
    )


def processed(batch: Batch, *reasons: Reason) -> Processed:
    return Processed([Judged(batch, [Reject(0, reason, "") for reason in reasons])])


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [
        (0.0, 0),
        (BOUNDS_S[0], 0),
        (BOUNDS_S[0] + 1e-9, 1),
        (BOUNDS_S[-1], len(BOUNDS_S) - 1),
        (BOUNDS_S[-1] + 1, len(BOUNDS_S)),
    ],
)
def test_a_duration_counts_up_to_its_bound(seconds: float, bucket: int) -> None:
    durations = Durations()
    durations.add(seconds)
    assert durations.counts.index(1) == bucket
    assert (sum(durations.counts), durations.seconds) == (1, seconds)


def come_through(activity: Activity, given: Batch, *reasons: Reason) -> None:
    with activity.watch(Round((given,))):
        activity.count(processed(given, *reasons))


def test_batches_are_added_up_by_topic() -> None:
    activity = Activity()
    for given in (batch(5, 3), batch(4, partition=2), batch(9, topic=NOTE_SAVES)):
        come_through(activity, given, Reason.FROM_THE_FUTURE)
    views = activity.topics[NOTE_VIEWS]
    assert (views.records, views.bytes) == (3, 2 * len(b"keyvalue"))
    assert views.newest_ms == {0: 5, 2: 4}
    assert views.dead_letters == {Reason.FROM_THE_FUTURE: 2}
    assert sum(activity.rounds.counts) == 3
    assert (activity.records, activity.dead_letters) == (4, 3)


def test_time_does_not_go_back_when_records_come_again() -> None:
    activity = Activity()
    for given in (batch(5), batch(3)):
        come_through(activity, given)
    assert activity.topics[NOTE_VIEWS].newest_ms == {0: 5}


def test_the_batch_at_work_is_known_as_long_as_it_is_at_work() -> None:
    activity = Activity()
    given = batch(1, partition=3)

    with activity.watch(Round((given,))):
        assert activity.in_process
        assert (activity.in_process.topic, activity.in_process.partition) == (NOTE_VIEWS, 3)
        assert activity.in_process.offset == 7
    assert activity.in_process is None


def test_a_batch_that_fails_is_not_counted() -> None:
    activity = Activity()

    with pytest.raises(ValueError, match="broken"), activity.watch(Round((batch(1),))):
        raise ValueError("broken")
    assert (activity.in_process, activity.records) == (None, 0)


def test_a_round_takes_what_its_parts_take(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    activity, given = Activity(), batch(1)
    with activity.watch(Round((given,))) as work:
        now += 3
    # ClickHouse is waited for.
    now += 60
    with activity.watch(Round((given,)), work.spent_s):
        now += 4
        activity.count(processed(given))
    assert activity.rounds.seconds == 7


def test_the_first_round_is_told(caplog: pytest.LogCaptureFixture) -> None:
    activity = Activity()
    with caplog.at_level(logging.INFO, logger="streams.activity"):
        for _ in range(2):
            come_through(activity, batch(1, partition=3))
    [record] = caplog.records
    assert (record.message, record.partition, record.records) == ("first round", 3, 1)
