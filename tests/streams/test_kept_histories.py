"""Histories that are kept come to the rows of histories that are read each time."""

from collections.abc import Callable
from random import Random

import pytest
from one_partition import OnePartition
from oracle.records import DAY, HOUR, click, pay, refund, save, unsave, view

from schemas.topics import SourceEvent
from streams import kept
from streams.erasure.requests import Request
from streams.kept import KeptHistory
from streams.state import Memory
from streams.state.keys import BUCKET_MS

NOON = 660 * BUCKET_MS + 10 * DAY
Make = Callable[..., OnePartition]


def anything(rng: Random, day: int, lag_days: int) -> SourceEvent:
    """Something that one of two users does some days before a day, much of it at equal times; and again, perhaps."""
    at = NOON + (day - rng.randrange(lag_days)) * DAY + rng.randrange(3) * HOUR + rng.randrange(4)
    who = {"user_id": rng.choice(["u1", "u1", "u2"]), "brand_id": rng.choice(["b1", "b1", "b2"])}
    kind = rng.choices([view, save, click, unsave, refund, pay], [6, 2, 3, 1, 1, 3])[0]
    if kind in (pay, refund):
        return kind(at, f"s{rng.randrange(20)}", txn_id=f"t{rng.randrange(40)}", **who)
    if kind is click:
        name, item = f"c{rng.randrange(30)}", rng.choice(["i1", "i2"])
        return click(at, f"n{rng.randrange(3)}", click_id=name, item_id=item, **who)
    return kind(at, f"n{rng.randrange(3)}", **who)


def always(one: KeptHistory, before: int) -> None:
    """Settle, however little there is."""
    one.steps.settle(before)


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("crowded_touches", [30, 1000])
@pytest.mark.parametrize("seed", range(6))
def test_rows_are_the_same(
    make_partition: Make,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    crowded_touches: int,
    settled: bool,
) -> None:
    lateness_days, lookback_days, step_days = (20, 10, 3)
    if settled:
        # What is settled must still be in the horizon of what comes.
        lateness_days, lookback_days, step_days = (2, 30, 2)
        monkeypatch.setattr(KeptHistory, "settle", always)
    rng = Random(seed)
    made = [
        make_partition(
            allowed_lateness_days=lateness_days,
            lookback_days=lookback_days,
            crowded_touches=crowded_touches,
        )
        for _ in range(2)
    ]
    for number in range(60):
        events = sorted(
            (
                anything(rng, number * step_days, lateness_days + 15 * (not settled) + 2)
                for _ in range(rng.randrange(1, 9))
            ),
            key=lambda e: e.topic,
        )
        for partition, much in zip(made, (1, 10**9), strict=True):
            monkeypatch.setattr(kept, "MUCH", much)
            partition.feed(*events)
            if number == 30:
                partition.pipeline.state.forget([Request.of("u2")])
    one, other = made
    assert one.late > 0
    # Who knows an earlier payment of long ago does not write the row of a later one, which would not stand.
    assert one.conversions == other.conversions
    assert one.journeys == other.journeys
    assert one.pipeline.state.held_since == other.pipeline.state.held_since > NOON
    assert {user_id for user_id, _ in one.pipeline._joining._kept._kept} == {"u1"}
    assert not other.pipeline._joining._kept._kept or crowded_touches == 30


@pytest.mark.parametrize("room", [True, False])
def test_much_is_read_once(
    partition: OnePartition, monkeypatch: pytest.MonkeyPatch, read: list[int], room: bool
) -> None:
    monkeypatch.setattr(kept, "MUCH", 100)
    partition.feed(*(view(NOON + n) for n in range(200)), pay(NOON + 300))
    if not room:
        partition.pipeline.state.memory.room.size = 0
    partition.feed(save(NOON + 250))
    del read[:]
    for number in range(5):
        partition.feed(save(NOON + 251 + number))
    assert sum(read) >= 5 * 200 if not room else not any(read)
    assert len(partition.path()) == 206


def test_what_is_kept_takes_its_memory_from_the_cache() -> None:
    memory = Memory(64 << 20)
    capacity, room = 64 << 20, memory.room
    one: dict[str, str] = {"a": "", "b": ""}
    other: dict[str, str] = {"c": ""}
    third = room.size // 3
    for holder, key in ((one, "a"), (one, "b"), (other, "c")):
        room.hold(holder, key, third)
    room.hold(one, "a", third + 3)
    assert (one, other) == ({"a": ""}, {"c": ""}), "b was used least recently"
    room.hold(other, "c", room.size + 1)
    assert (one, other) == ({}, {})
    assert room.size < capacity


def test_touches_of_a_bucket_are_dropped_once_it_is_crowded(
    make_partition: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MUCH", 10)
    few = make_partition(crowded_touches=30)
    held = few.pipeline.state.memory.room
    few.feed(*(view(NOON + n) for n in range(20)), pay(NOON + 300))
    few.feed(save(NOON + 250))
    assert held.taken > 20 * kept.TOUCH_BYTES
    few.feed(*(view(NOON + 20 + n) for n in range(20)))
    few.feed(save(NOON + 251))
    assert 0 < held.taken < 20 * kept.TOUCH_BYTES
