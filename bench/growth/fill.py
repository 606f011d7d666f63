"""The changelog of a group that has worked for weeks: claims, and the changes of batches, as a worker writes them."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import polars as pl
from kafka import KafkaProducer

from bench.growth.crowd import Crowd, Ints
from schemas.topics import SOURCE_TOPICS
from streams.changelog.records import Claim, Claimed, to_bytes
from streams.event_time import EventTime
from streams.events import to_events
from streams.kafka.topic_rules import CHANGELOG_MESSAGE_BYTES
from streams.settings import Settings
from streams.state import Change

#: About so many touches of a partition make a step, and of each topic a batch.
STEP: Final = 20_000
ACKNOWLEDGED_S: Final = 60


def fill(address: str, settings: Settings, crowd: Crowd, progress: Callable[[int], object]) -> int:
    """Write the changelog; how many entries of the states it comes to.

    progress: called with the number of touches written so far.
    """
    producer = KafkaProducer(
        bootstrap_servers=address, acks="all", max_request_size=CHANGELOG_MESSAGE_BYTES
    )

    def send(partition: int, record: Claim | Claimed) -> Callable[[], int]:
        topic = settings.changelog_topic
        sent = producer.send(topic, value=to_bytes(record), partition=partition)
        return lambda: int(sent.get(ACKNOWLEDGED_S).offset)

    claims = [send(n, Claim(settings.epoch, "fill"))() for n in range(crowd.partitions)]
    entries = 0
    for behind, changes in steps(crowd):
        sent = []
        for partition, change in changes:
            entries += len(change.entries)
            claimed = Claimed(settings.epoch, claims[partition], change)
            sent.append(send(partition, claimed))
        for acknowledged in sent:
            acknowledged()
        progress(behind)
    producer.close()
    return entries


def steps(crowd: Crowd) -> Iterator[tuple[int, Iterator[tuple[int, Change]]]]:
    """All touches that fill the states, in the order of time: how many they are so far, and a step's changes."""
    size = STEP * crowd.partitions
    for first in range(0, crowd.touches, size):
        behind = min(first + size, crowd.touches)
        yield behind, _changes(crowd, first, behind)


def _changes(crowd: Crowd, first: int, behind: int) -> Iterator[tuple[int, Change]]:
    """Partition and change, a topic after the other: a batch is of one."""
    now = int(crowd.occurred_at(np.array([behind - 1]))[0])
    clock = EventTime(now, dict.fromkeys(SOURCE_TOPICS, now))
    for topic in SOURCE_TOPICS:
        numbers = crowd.numbers(topic, first, behind)
        places = crowd.partitions_at(numbers)
        for partition in range(crowd.partitions):
            if len(ours := numbers[places == partition]):
                yield partition, Change.of([_events(crowd, topic, ours)], {}, clock)


def _events(crowd: Crowd, topic: str, numbers: Ints) -> pl.DataFrame:
    """As they are when they were judged. Nothing was read of the topics that there are: those before are gone."""
    records = crowd.records(topic, numbers).with_row_index("row")
    events = to_events(topic, records, numbers // crowd.partitions)
    return events.with_columns(too_late=pl.lit(False))
