"""What is drained: events in four topics, each user's in one partition, and the join that is the right answer.

Every event comes once and in the order of time within its topic, and every sub-order is paid once: so that a contestant
that does not deal with duplicates, late events or deposits is not blamed for it here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.topics import LINK_CLICKS, NOTE_VIEWS, SOURCE_TOPICS, TAOBAO_PURCHASES, SourceEvent
from sources.generator import Traffic, generate

PARTITIONS: Final = 8
LOOKBACK_DAYS: Final = 30
LOOKBACK_MS: Final = LOOKBACK_DAYS * 86_400_000


#: At equal times they come in this order.
_KINDS: Final = ("view", "save", "click")


class Row(NamedTuple):
    """Of the join: a paid sub-order and one touch before it; an organic one has one row, without a touch."""

    sub_order_id: str
    kind: str = ""
    note_id: str = ""
    occurred_at: int | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """What lies in the source topics.

    ends: source topic → the end of each partition. rows: the join, whole.
    """

    events: int
    ends: dict[str, list[int]]
    rows: frozenset[Row]

    @property
    def partitions(self) -> int:
        """Of each topic."""
        return len(next(iter(self.ends.values())))


def traffic(events: int) -> Traffic:
    """95 % views, 3 % saves, 1.5 % clicks, 0.5 % order lines, over 45 days."""
    return Traffic(
        events=events,
        users=max(events // 15, 100),
        notes=max(events // 250, 50),
        brands=min(100, max(events // 5_000, 3)),
        deposit_share=0,
        duplicate_share=0,
        out_of_order_share=0,
        late_share=0,
        junk_share=0,
    )


def publish(
    address: str,
    events: int,
    progress: Callable[[int], object],
    partitions: int = PARTITIONS,
) -> Published:
    """Fill the source topics, and compute the right answer on the way.

    progress: called with the number of events published so far.
    """
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics([NewTopic(name, partitions, 1) for name in SOURCE_TOPICS])
    admin.close()
    codec, join = Codec(DirectoryRegistry()), Join()
    producer = producer_at(address)
    count = 0
    for count, event in enumerate(generate(traffic(events)), start=1):
        producer.send(
            event.topic,
            key=event.record["user_id"].encode(),
            value=codec.encode(event.topic, event.record),
        )
        join.add(event)
        if count % 10_000 == 0:
            progress(count)
    producer.flush()
    producer.close()
    return Published(count, _ends(address, partitions), frozenset(join.rows()))


def producer_at(address: str) -> KafkaProducer:
    """One that publishes much at once."""
    return KafkaProducer(
        bootstrap_servers=address, compression_type="lz4", linger_ms=50, batch_size=1 << 20
    )


def _ends(address: str, partitions: int) -> dict[str, list[int]]:
    consumer = KafkaConsumer(bootstrap_servers=address)
    every = [TopicPartition(topic, n) for topic in SOURCE_TOPICS for n in range(partitions)]
    found = consumer.end_offsets(every)
    consumer.close()
    return {
        topic: [found[TopicPartition(topic, n)] for n in range(partitions)]
        for topic in SOURCE_TOPICS
    }


def newest(rows: Iterable[Row], most: int) -> frozenset[Row]:
    """Of each sub-order as many touches at most, the newest."""
    paths: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        paths[row.sub_order_id].append(row)
    return frozenset(row for path in paths.values() for row in sorted(path, key=_order)[-most:])


def share(rows: frozenset[Row], expected: frozenset[Row]) -> float:
    """How much of rows that were found and of rows that should be is both; 1 if they are the same."""
    every = rows | expected
    return len(rows & expected) / len(every) if every else 1.0


def _order(row: Row) -> tuple[int, int, str]:
    return row.occurred_at or 0, _KINDS.index(row.kind) if row.kind else 0, row.note_id


class Join:
    """Purchase ⟕ touches of the same user and brand, in plain Python."""

    def __init__(self) -> None:
        self._touches: dict[tuple[str, str], list[tuple[int, str, str]]] = defaultdict(list)
        self._paid: list[tuple[tuple[str, str], str, int]] = []

    def add(self, event: SourceEvent) -> None:
        record: Any = event.record
        who = (record["user_id"], record["brand_id"])
        if event.topic == TAOBAO_PURCHASES:
            if record["kind"] == "PAY":
                self._paid.append((who, record["sub_order_id"], record["occurred_at"]))
        elif record.get("action") != "UNSAVE":
            kind = {NOTE_VIEWS: "view", LINK_CLICKS: "click"}.get(event.topic, "save")
            self._touches[who].append((record["occurred_at"], kind, record["note_id"]))

    def rows(self) -> Iterator[Row]:
        for who, sub_order_id, paid_at in self._paid:
            before = [
                Row(sub_order_id, kind, note_id, occurred_at)
                for occurred_at, kind, note_id in self._touches[who]
                if paid_at - LOOKBACK_MS <= occurred_at <= paid_at
            ]
            yield from before or [Row(sub_order_id)]
