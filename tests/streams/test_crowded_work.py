"""A crowded user costs what the user's new events cost, not what there was before; and rows come in parts."""

from collections.abc import Callable
from random import Random

import pytest
from one_partition import OnePartition
from oracle.messages import encoded
from oracle.records import DAY, HOUR, SECOND, click, pay, save, view

from schemas.topics import SourceEvent
from streams import joining
from streams.batch import Round
from streams.event_time import LogRange
from streams.state import crowds
from streams.state.crowds import Tallies
from streams.state.keys import BUCKET_MS

NOON = 660 * BUCKET_MS + 10 * DAY
Make = Callable[..., OnePartition]


def anything(rng: Random) -> SourceEvent:
    """Something that one user does within some weeks; much of it at equal times."""
    at = NOON + rng.randrange(40) * DAY + rng.randrange(3) * HOUR + rng.randrange(4)
    note = f"n{rng.randrange(3)}"
    made = rng.choices([view, save, click, pay], [5, 2, 2, 1])[0]
    return pay(at, f"s{rng.random()}") if made is pay else made(at, note)


@pytest.mark.parametrize("fits", [True, False])
@pytest.mark.parametrize("seed", range(2))
def test_journeys_are_those_of_anybody(make_partition: Make, seed: int, fits: bool) -> None:
    rng = Random(seed)
    events = [anything(rng) for _ in range(240)]
    one, few = (
        make_partition(allowed_lateness_days=60, lookback_days=7, **bounds)
        for bounds in ({}, {"crowded_touches": 20})
    )
    for start in range(0, len(events), 10):
        if not fits:
            few.pipeline.state.memory.room.size = 0
        for partition in (one, few):
            partition.feed(*events[start : start + 10])
        if start == 120:
            few.restart()
    assert few.journeys == one.journeys
    assert few.pipeline.state.crowded_buckets > 0


def test_a_crowd_is_read_once(make_partition: Make, read: list[int]) -> None:
    few = make_partition(crowded_touches=100)
    few.feed(*(view(NOON + n * SECOND) for n in range(500)), save(NOON), pay(NOON))
    del read[:]
    for number in range(20):
        few.feed(save(NOON + number), click(NOON + number), pay(NOON + number, f"s{number}"))
    assert sum(read) <= 20, "the payments that came"


def test_one_late_touch_of_many_orders_comes_in_parts(
    make_partition: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "AT_ONCE", 1000)
    one = make_partition()
    one.feed(*(view(NOON + n) for n in range(100)), *(pay(NOON + n, f"s{n}") for n in range(100)))
    batch = one.batch([encoded(save(NOON - 1))])
    logs = {topic: LogRange(0, end, one.committed[topic]) for topic, end in one.log_end.items()}
    prepared = one.pipeline.prepare(Round((batch,)), logs)
    parts = list(one.pipeline.parts(prepared))
    assert [bool(part.judged) for part in parts] == [*[False] * (len(parts) - 1), True]
    rows = [block for part in parts for block in part.blocks if block.table == "conversions"]
    assert sum(map(len, rows)) == 100
    assert max(block.entries for block in rows) <= 1000 + 2 * 101
    assert [block.table for block in parts[0].blocks] == ["touches", "conversions"]
    assert parts[-1].blocks[-1].table == "progress"


def test_a_payment_of_long_ago_reads_its_own_time(make_partition: Make, read: list[int]) -> None:
    one = make_partition()
    one.feed(*(view(NOON + n) for n in range(100)))
    del read[:]
    one.feed(pay(NOON - 9000 * DAY))
    assert sum(read) == 1
    assert one.conversions["s1"]["path_incomplete"] == 1


def test_nobody_is_suspect_for_what_is_forgotten(
    make_partition: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Upper bounds that only grow would one day make everybody suspect."""
    counted = list[str]()
    monkeypatch.setattr(Tallies, "crowded", lambda *_: counted.append("") or [])
    for name, value in {"SLOTS": 1, "CELLS": 2, "PAGE": 2}.items():
        monkeypatch.setattr(crowds, name, value)
    few = make_partition(crowded_touches=20)
    for day in range(0, 300, 2):
        few.feed(view(NOON + day * DAY))
    assert not counted
    assert len(few.pipeline.state._crowds._counts._tables) <= 4
    few.restart()
    assert len(few.pipeline.state._crowds._counts._tables) <= 4
    few.feed(*(view(NOON + 300 * DAY + n) for n in range(20)))
    assert counted
