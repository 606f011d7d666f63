"""The state of a partition: what is put is found again, and nobody else's is.

Defined in docs/definitions.md §2.3.
"""

from pathlib import Path

import polars as pl
import pytest
from one_partition import OnePartition
from oracle.records import DAY, at, click, pay, save, view

from schemas.errors import StateError
from streams.event_time import NEVER, EventTime
from streams.history import History
from streams.kinds import Kind
from streams.state import Change, PartitionState, Wanted
from streams.state.keys import BUCKET_MS

T = at("2024-06-18 20:00")


def read(state: PartitionState, since: int) -> History:
    with state.reader() as reader:
        [history] = reader.histories([Wanted("u1", "b1", since, {"n1"})])
        return history


def test_equal_events_are_one_and_others_are_not(partition: OnePartition) -> None:
    again = click(T, click_id="c")
    partition.feed(again, again, click(T, click_id="d"), view(T), save(T), view(T), view(T, "n2"))
    partition.feed(pay(T))
    row = partition.conversions["s1"]
    assert row["path.kind"] == [1, 1, 2, 4, 4]


def test_what_was_put_is_there_after_a_restart(partition: OnePartition) -> None:
    partition.feed(save(T - 1), pay(T))
    partition.restart()
    state = partition.pipeline.state
    assert state.read_to == {"note-saves": 1, "taobao-purchases": 1}
    assert state.event_time == EventTime(T, {"note-saves": T - 1, "taobao-purchases": T})
    history = read(state, T - 1)
    assert [(t.occurred_at, t.kind) for t in history.touches] == [(T - 1, Kind.SAVE)]
    assert [(p.occurred_at, p.sub_order_id) for p in history.payments] == [(T, "s1")]


def test_a_touch_after_a_restart_still_finds_what_followed_it(partition: OnePartition) -> None:
    partition.feed(pay(T))
    partition.restart()
    partition.feed(view(T - 1))
    assert partition.path() == [T - 1]


@pytest.mark.parametrize("since", [T - 2, T - 1, T, T + 1])
def test_a_scan_begins_at_its_time(partition: OnePartition, since: int) -> None:
    partition.feed(*(view(T + i) for i in range(-3, 3)))
    history = read(partition.pipeline.state, since)
    assert [at for at, _, _ in history.steps] == list(range(since, T + 3))


def test_a_scan_crosses_buckets(partition: OnePartition) -> None:
    edge = (T // BUCKET_MS) * BUCKET_MS
    times = [edge - 30 * DAY, edge - 1, edge]
    partition.feed(*map(view, times), pay(edge))
    assert partition.path() == times


def test_expiry_forgets_whole_buckets_before_a_time(partition: OnePartition) -> None:
    edge = (T // BUCKET_MS) * BUCKET_MS
    partition.feed(view(edge - 1), view(edge))
    state = partition.pipeline.state
    held = []
    for before in (edge - 1, edge):
        state.expire(before)
        held.append([at for at, _, _ in read(state, 0).steps])
    assert held == [[edge - 1, edge], [edge]]
    assert state.held_since == edge
    state.expire(edge - 20 * BUCKET_MS)
    assert state.held_since == edge
    partition.restart()
    assert partition.pipeline.state.held_since == edge


def test_the_pipeline_keeps_what_an_event_in_time_can_reach(partition: OnePartition) -> None:
    """33 days behind T a touch can still be in the path of a PAY that is just in time."""
    reachable = T - 33 * DAY
    partition.feed_each(view(reachable), view(T, "clock"), pay(T - 3 * DAY))
    assert partition.path() == [reachable]
    partition.feed_each(view(T + 60 * DAY), view(T + 60 * DAY))
    assert partition.pipeline.state.held_since > reachable


def test_an_empty_state(tmp_path: Path) -> None:
    state = PartitionState(tmp_path / "new" / "folder")
    assert (state.read_to, state.event_time, state.held_since) == ({}, EventTime(NEVER), NEVER)
    assert read(state, 0) == History([], (), ())
    assert state.accepted(pl.Series([b"key"])) == [False]
    state.close()


def test_a_folder_that_another_worker_holds(partition: OnePartition) -> None:
    with pytest.raises(StateError, match=r"Cannot open .* Another worker may hold the folder"):
        PartitionState(partition.folder)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="Cannot open"):
        PartitionState(tmp_path / "file")


def test_a_state_of_another_epoch(tmp_path: Path) -> None:
    state = PartitionState(tmp_path, epoch=1)
    state.apply(Change.of([], {"note-views": 1}, EventTime()))
    state.close()
    with pytest.raises(StateError, match="belongs to epoch 1, not 2"):
        PartitionState(tmp_path, epoch=2)
