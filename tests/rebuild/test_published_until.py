"""What a rebuild covers was published when all of it is in ClickHouse: by the slowest partition that is behind.

Defined in docs/definitions.md §12.
"""

from ground import Ground
from kafka import TopicPartition

from rebuild.workers import IN_FLIGHT_MS, OnKafka
from streams.wall_clock import machine_ms
from verify.reading import Span, Spans

FIRST, OTHER = TopicPartition("note-views", 0), TopicPartition("note-saves", 1)
AT = 1_700_000_000_000


class Topics:
    """As verify.reading has them: what was read of each partition, and what is there."""

    def __init__(self, read: dict[TopicPartition, int], ends: dict[TopicPartition, int]) -> None:
        self._read, self._ends = read, ends

    def committed(self, partitions: object) -> Spans:
        return {tp: Span(0, end) for tp, end in self._read.items()}

    def behind(self, spans: Spans) -> Spans:
        return {tp: Span(span.end, self._ends[tp]) for tp, span in spans.items()}


def until(ground: Ground, read: dict[TopicPartition, int], ends: dict[TopicPartition, int]) -> int:
    return OnKafka(Topics(read, ends), ground.place).published_until()


def put(ground: Ground, tp: TopicPartition, at: int, next_offset: int, epoch: int = 0) -> None:
    ground.client.execute(
        "INSERT INTO progress (topic, `partition`, epoch, slot, next_offset, newest_message_at) VALUES",
        [(tp.topic, tp.partition, epoch, next_offset, next_offset, at)],
    )


def test_nobody_is_behind(ground: Ground) -> None:
    put(ground, FIRST, AT, 5)
    found = until(ground, {FIRST: 5}, {FIRST: 5})
    # A message may be on its way for so long.
    assert 0 <= machine_ms() - IN_FLIGHT_MS - found < 60_000


def test_the_slowest_of_those_that_are_behind(ground: Ground) -> None:
    put(ground, FIRST, AT, 5)
    put(ground, OTHER, AT - 1000, 7)
    assert until(ground, {FIRST: 5, OTHER: 7}, {FIRST: 6, OTHER: 7}) == AT
    assert until(ground, {FIRST: 5, OTHER: 7}, {FIRST: 6, OTHER: 8}) == AT - 1000


def test_the_newest_epoch_counts(ground: Ground) -> None:
    put(ground, FIRST, AT, 900)
    put(ground, FIRST, AT + 1000, 5, epoch=1)
    assert until(ground, {FIRST: 5}, {FIRST: 6}) == AT + 1000


def test_nothing_is_known_of_one_that_is_behind(ground: Ground) -> None:
    assert until(ground, {FIRST: 0}, {FIRST: 6}) == 0
