"""The events that come when the states are filled, in the source topics."""

from collections.abc import Callable, Iterator
from heapq import merge
from typing import Any, Final

from bench.drain.traffic import producer_at
from bench.growth.crowd import Crowd
from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.topics import SOURCE_TOPICS, TAOBAO_PURCHASES, SourceEvent

AT_ONCE: Final = 20_000


def publish(address: str, crowd: Crowd, progress: Callable[[int], object]) -> int:
    """Publish the events of a crowd; how many sub-orders they pay.

    progress: called with the number of events published so far.
    """
    codec, producer, paid = Codec(DirectoryRegistry()), producer_at(address), set()
    for count, event in enumerate(events(crowd), start=1):
        producer.send(
            event.topic,
            key=event.record["user_id"].encode(),
            value=codec.encode(event.topic, event.record),
        )
        if event.topic == TAOBAO_PURCHASES:
            paid.add(event.record["sub_order_id"])
        if count % AT_ONCE == 0:
            progress(count)
    producer.flush()
    producer.close()
    return len(paid)


def events(crowd: Crowd) -> Iterator[SourceEvent]:
    """In the order of time."""
    end = crowd.touches + crowd.events
    for first in range(crowd.touches, end, AT_ONCE):
        behind = min(first + AT_ONCE, end)
        of_topics = (_numbered(crowd, topic, first, behind) for topic in SOURCE_TOPICS)
        for _, topic, record in merge(*of_topics):
            yield SourceEvent(topic, record)


def _numbered(
    crowd: Crowd, topic: str, first: int, behind: int
) -> Iterator[tuple[int, str, dict[str, Any]]]:
    numbers = crowd.numbers(topic, first, behind)
    records = crowd.records(topic, numbers).to_dicts()
    for number, record in zip(numbers.tolist(), records, strict=True):
        yield number, topic, record
