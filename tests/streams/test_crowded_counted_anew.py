"""Bounds that change, and states that were counted by none: rows are those of a run that had the bounds always."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from disk import Disk, logs
from former.history import EVENTS, PAID
from former.stores import LOGGED, former_log, former_state
from one_partition import OnePartition
from oracle.list_log import ListLog
from oracle.messages import encoded
from oracle.records import DAY, HOUR, pay, save, view

from schemas.topics import SourceEvent
from streams.pipeline import Prepared, Processed
from streams.state import Change, reader
from streams.state.crowds import Tallies
from streams.state.keys import BUCKET_MS

NOON = 660 * BUCKET_MS + 15 * DAY
END = 661 * BUCKET_MS
#: Four touches in a bucket, payments whose windows meet it and one whose does not, and somebody else.
BEFORE = [
    *(view(NOON + n) for n in range(4)),
    pay(NOON + 5),
    pay(END + DAY, "s2"),
    pay(END + 45 * DAY, "s3"),
    *(view(NOON + n, user_id="u2") for n in range(2)),
    pay(NOON + 5, "s4", user_id="u2"),
]
#: The first is in another bucket, and its window meets the crowded one.
AFTER = [
    pay(END + 2 * DAY, "s7"),
    pay(NOON + 7, "s5"),
    save(NOON + 3),
    pay(NOON + 7, "s6", user_id="u2"),
]
FEW = {"crowded_touches": 3, "allowed_lateness_days": 60}
Make = Callable[..., OnePartition]


def lowered(partition: OnePartition, **bounds: int) -> OnePartition:
    """The same from now on with other settings."""
    partition.settings = replace(partition.settings, **bounds)
    partition.restart()
    return partition


def rows(partition: OnePartition) -> dict[str, tuple[Any, ...]]:
    names = ("path.occurred_at", "path_truncated", "version")
    return {key: tuple(row[n] for n in names) for key, row in partition.conversions.items()}


@pytest.fixture
def always(make_partition: Make) -> OnePartition:
    partition = make_partition(**FEW)
    partition.feed(*BEFORE)
    partition.feed_each(*AFTER)
    return partition


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of whom what was there before was counted."""
    found: list[str] = []
    exceeding = Tallies.exceeding

    def noted(tallies: Tallies, places: list[str], *args: Any) -> list[str]:
        found.extend(places)
        return exceeding(tallies, places, *args)

    monkeypatch.setattr(Tallies, "exceeding", noted)
    return found


@pytest.mark.parametrize("at_once", [1, 20_000])
def test_a_bound_that_is_lowered(
    make_partition: Make, always: OnePartition, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(reader, "PAYMENTS_AT_ONCE", at_once)
    later = make_partition(allowed_lateness_days=60)
    later.feed(*BEFORE)
    assert later.pipeline.state.crowded_buckets == 0
    lowered(later, crowded_touches=3).feed_each(*AFTER)
    assert rows(later) == rows(always)
    assert {key for key, (path, _, _) in rows(later).items() if path} == {"s4", "s6"}


@pytest.mark.parametrize("pieces", [1, 2, 50_000])
def test_it_is_counted_once(
    make_partition: Make, counted: list[str], monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    monkeypatch.setattr("streams.state.scanning.KEYS_AT_ONCE", pieces)
    later = make_partition(allowed_lateness_days=60)
    later.feed(*BEFORE)
    lowered(later, crowded_touches=3).feed(AFTER[0])
    assert len({*counted}) == later.pipeline.state.crowded_buckets == 1
    del counted[:]
    lowered(later, crowded_touches=4).feed(AFTER[1])
    assert not counted
    assert later.pipeline.state.crowded_buckets == 1, "what is crowded stays so"


def test_a_crash_before_the_markers_are_written(make_partition: Make, always: OnePartition) -> None:
    later = make_partition(allowed_lateness_days=60)
    later.feed(*BEFORE)
    lowered(later, crowded_touches=3).read([encoded(AFTER[0])], acknowledge=False)
    assert rows(later)["s1"][0]
    later.restart()
    later.feed_each(*AFTER)
    assert rows(later) == rows(always)


def made(folder: Path, log: ListLog, events: list[SourceEvent], done: int) -> dict[str, Any]:
    """The conversions that a worker makes of the last payments, with at most two touches of anybody."""
    disk = Disk(folder, log, crowded_touches=2)
    committed = {(topic, 0): n for topic, n in read_of(events).items()}
    committed["taobao-purchases", 0] = done
    found: list[Processed] = asyncio.run(disk.work(logs(*events), committed))
    blocks = [b for p in found for b in p.blocks if b.table == "conversions"]
    return {row["sub_order_id"]: row for b in blocks for row in b.frame.iter_rows(named=True)}


def read_of(events: list[SourceEvent]) -> dict[str, int]:
    found: dict[str, int] = {}
    for event in events:
        found[event.topic] = found.get(event.topic, 0) + 1
    return found


@pytest.mark.parametrize("name", LOGGED)
@pytest.mark.parametrize("folder", ["kept", "lost"])
def test_what_a_former_version_wrote(
    name: str, folder: str, tmp_path: Path, counted: list[str]
) -> None:
    former_state(name, tmp_path / "kept")
    log, paid = former_log(name), [pay(PAID + HOUR, "s4"), pay(PAID + 2 * HOUR, "s5")]
    first = made(tmp_path / folder, log, [*EVENTS, paid[0]], 4)
    assert {"s1", "s4"} <= {key for key, row in first.items() if row["path_truncated"]}
    assert counted
    del counted[:]
    # The next one restores it from what both have written, and need not count.
    again = made(tmp_path / "other", log, [*EVENTS, *paid], 5)
    assert again["s5"]["path_truncated"]
    assert list(again) == ["s5"]
    assert not counted


def test_a_former_version_that_comes_between(make_partition: Make) -> None:
    """As in a rolling restart that is taken back: its changes tell no bounds."""
    later = make_partition(**FEW)
    later.feed(*BEFORE[-3:])
    prepare = later.pipeline.prepare

    def formerly(*args: Any) -> Prepared:
        prepared = prepare(*args)
        change = prepared.change
        events = Change(change.events, 0, change.read_to, change.event_time)
        return replace(prepared, change=events, crowding=())

    later.pipeline.prepare = formerly  # type: ignore[method-assign]
    later.feed(*BEFORE[:-3])
    assert rows(later)["s1"][0], "it knows of no crowds"
    later.restart()
    later.feed(AFTER[0])
    assert rows(later)["s7"][:2] == ([], 1)
