"""Batches come out in the order of Kafka timestamps across the topics of a partition number, and all of them do."""

import numpy as np
import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from schemas.columns import binary
from schemas.topics import (
    FORGET_REQUESTS,
    LINK_CLICKS,
    NOTE_SAVES,
    NOTE_VIEWS,
    SOURCE_TOPICS,
    TAOBAO_PURCHASES,
)
from streams.batch import Batch
from streams.transport.abreast import HOLD_S, NEAR_MS, Abreast

ALL = [TP(topic, number) for topic in (*SOURCE_TOPICS, FORGET_REQUESTS) for number in (0, 1)]


def batch(topic: str, timestamps: list[int], partition: int = 0, start: int = 0) -> Batch:
    offsets = np.arange(start, start + len(timestamps))
    values = [str(time).encode() for time in timestamps]
    return Batch(
        topic,
        partition,
        offsets,
        np.array(timestamps),
        binary([None] * len(values)),
        binary(values),
        offsets[-1] + 1,
    )


class World:
    """Topics with more to come, and a clock."""

    def __init__(self, *unread: str) -> None:
        self.unread = set(unread)
        self.now = 0.0
        self.unix_s = 1e9
        self.abreast = Abreast(
            lambda tp: tp.topic in self.unread, lambda: self.now, lambda: self.unix_s
        )

    def put(self, topic: str, *timestamps: int, partition: int = 0, start: int = 0) -> None:
        self.abreast.put(TP(topic, partition), [batch(topic, list(timestamps), partition, start)])

    def taken(self) -> list[tuple[str, list[int]]]:
        """Topic and timestamps of what is handed out."""
        found = []
        while (taken := self.abreast.take(ALL)) is not None:
            found += [(batch.topic, batch.timestamps.tolist()) for batch in taken.batches]
        return found


def test_where_nothing_is_unread_everything_comes_at_once_views_first() -> None:
    world = World()
    world.put(TAOBAO_PURCHASES, 5, 9)
    world.put(NOTE_VIEWS, 1, 2)
    assert world.taken() == [(NOTE_VIEWS, [1, 2]), (TAOBAO_PURCHASES, [5, 9])]
    assert world.abreast.holding == set()


def test_a_small_topic_waits_for_a_large_one() -> None:
    world = World(NOTE_VIEWS)
    world.put(NOTE_SAVES, 1, 5, 9)
    world.put(NOTE_VIEWS, 1, 2, 3, 6)
    assert world.taken() == [(NOTE_VIEWS, [1, 2, 3, 6]), (NOTE_SAVES, [1, 5])]
    assert world.abreast.holding == {TP(NOTE_SAVES, 0)}
    assert world.taken() == []
    world.put(NOTE_VIEWS, 7, 8, 9, 10, start=4)
    assert world.taken() == [(NOTE_VIEWS, [7, 8, 9, 10]), (NOTE_SAVES, [9])]


def test_a_topic_that_was_read_to_its_end_holds_nobody_up() -> None:
    world = World(NOTE_VIEWS)
    world.put(NOTE_VIEWS, 1)
    assert world.taken() == [(NOTE_VIEWS, [1])]
    world.unread = set()
    world.put(LINK_CLICKS, 7)
    assert world.taken() == [(LINK_CLICKS, [7])]


def test_partition_numbers_do_not_wait_for_each_other() -> None:
    world = World()
    world.abreast = Abreast(lambda tp: tp == TP(NOTE_VIEWS, 0), lambda: world.now)
    world.put(LINK_CLICKS, 7)
    world.put(LINK_CLICKS, 8, partition=1)
    assert world.taken() == [(LINK_CLICKS, [8])]


def test_what_does_not_come_is_waited_for_but_not_for_ever() -> None:
    world = World(NOTE_VIEWS)
    for _ in range(2):
        world.put(LINK_CLICKS, 7)
        world.put(NOTE_SAVES, 8)
        began = world.now
        world.now = began + HOLD_S
        assert world.taken() == []
        world.now = began + HOLD_S + 0.01
        assert world.taken() == [(NOTE_SAVES, [8]), (LINK_CLICKS, [7])]


def test_requests_to_forget_wait_for_nobody() -> None:
    world = World(*SOURCE_TOPICS)
    world.put(FORGET_REQUESTS, 7)
    assert world.taken() == [(FORGET_REQUESTS, [7])]


def test_partitions_that_are_not_assigned_are_not_waited_for() -> None:
    world = World(NOTE_VIEWS)
    world.put(LINK_CLICKS, 7)
    clicks = TP(LINK_CLICKS, 0)
    assert world.abreast.take([TP(NOTE_VIEWS, 0)]) is None
    assert world.abreast.take([clicks]) is not None


def test_what_was_held_is_forgotten() -> None:
    world = World(NOTE_VIEWS)
    world.put(LINK_CLICKS, 7)
    world.abreast.clear()
    world.unread = set()
    assert world.taken() == []


def test_a_batch_is_cut_where_its_rest_begins() -> None:
    whole = Batch(
        NOTE_VIEWS,
        3,
        np.array([4, 7, 8]),
        np.array([1, 2, 3]),
        binary([b"a", b"b", b"c"]),
        binary([b"1", None, b"3"]),
        11,
    )
    first, rest = whole.split(1)
    assert (first.offsets.tolist(), first.values.to_list(), first.next_offset) == ([4], [b"1"], 7)
    assert (rest.offsets.tolist(), rest.keys.to_list(), rest.next_offset) == (
        [7, 8],
        [b"b", b"c"],
        11,
    )
    assert first.partition == rest.partition == 3


@given(
    st.lists(
        st.tuples(
            st.sampled_from(SOURCE_TOPICS), st.lists(st.integers(0, 50), min_size=1, max_size=6)
        ),
        max_size=12,
    ),
    st.data(),
)
def test_nothing_is_lost_or_doubled_and_offsets_follow_each_other(fetches, data) -> None:
    world = World(*SOURCE_TOPICS)
    ends = dict.fromkeys(SOURCE_TOPICS, 0)
    taken: dict[str, list[Batch]] = {topic: [] for topic in SOURCE_TOPICS}

    def take() -> None:
        while (found := world.abreast.take(ALL)) is not None:
            for one in found.batches:
                taken[one.topic].append(one)

    for topic, timestamps in fetches:
        world.put(topic, *timestamps, start=ends[topic])
        ends[topic] += len(timestamps)
        if data.draw(st.booleans()):
            take()
        world.now += data.draw(st.sampled_from([0.0, HOLD_S]))
    world.unread = set()
    take()
    for topic, batches in taken.items():
        put = [time for name, times in fetches if name == topic for time in times]
        assert [time for one in batches for time in one.timestamps.tolist()] == put
        assert [o for one in batches for o in one.offsets.tolist()] == list(range(ends[topic]))
        ahead = [one.next_offset for one in batches]
        assert ahead == [int(one.offsets[-1]) + 1 for one in batches]


@pytest.mark.parametrize("unread", [(), SOURCE_TOPICS])
def test_timestamps_that_go_back_hold_nothing_up(unread: tuple[str, ...]) -> None:
    world = World(*unread)
    for topic in SOURCE_TOPICS:
        world.put(topic, 9, 1, 5)
    assert [topic for topic, _ in world.taken()] == list(SOURCE_TOPICS)


@pytest.mark.parametrize(
    ("ago_ms", "taken"),
    [
        (NEAR_MS, [(NOTE_VIEWS, [1, 2, 9]), (TAOBAO_PURCHASES, [2])]),
        (NEAR_MS + 1, [(NOTE_VIEWS, [1, 2]), (TAOBAO_PURCHASES, [2])]),
    ],
)
def test_near_the_ends_nothing_is_cut(ago_ms: int, taken: list[tuple[str, list[int]]]) -> None:
    """What is known of all topics reaches up to `ago_ms` ago."""
    world = World(NOTE_VIEWS, TAOBAO_PURCHASES)
    world.unix_s = (2 + ago_ms) / 1000
    world.put(NOTE_VIEWS, 1, 2, 9)
    world.put(TAOBAO_PURCHASES, 2)
    assert world.taken()[: len(taken)] == taken


def test_near_its_end_a_topic_of_old_records_is_waited_for() -> None:
    world = World(NOTE_VIEWS)
    world.unix_s = (1_000_000 + NEAR_MS) / 1000
    world.put(NOTE_VIEWS, 5)
    world.put(TAOBAO_PURCHASES, 6, 999_999)
    assert world.taken() == [(NOTE_VIEWS, [5])]
