"""`zhongcao verify` reads topics to which producers publish, and does not wait for ever for what Kafka never shows."""

from random import Random
from threading import Thread

import pytest
from checked import NOON, TIMEOUT_S, Checked
from kafka import KafkaProducer, TopicPartition

from schemas.errors import BrokerError
from schemas.topics import NOTE_SAVES, NOTE_VIEWS, SOURCE_TOPICS
from verify import reading
from verify.reading import SourceTopics, Span, Spans

PUBLISHED = 500
ROUNDS = 4


def test_what_was_published_meanwhile_is_read_afterwards(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes from Kafka along with what was there before, more of it than is handed on at once."""
    monkeypatch.setattr(reading, "AT_ONCE", 100)
    rng = Random(1)
    all_of = partitions(checked, *SOURCE_TOPICS)
    with SourceTopics(checked.settings) as topics:
        before: Spans = dict.fromkeys(all_of, Span(0, 0))
        for _ in range(ROUNDS):
            publish(checked, all_of)
            behind = topics.behind(before)
            cuts = {
                tp: rng.choice((span.end, rng.randint(span.start, span.end)))
                for tp, span in behind.items()
            }
            first = {tp: Span(span.start, cuts[tp]) for tp, span in behind.items()}
            assert read(topics, first) == offsets(first)
            rest = topics.behind(first)
            assert read(topics, rest) == offsets(rest)
            before = behind


def partitions(checked: Checked, *names: str) -> list[TopicPartition]:
    numbers = range(checked.settings.partitions)
    return [TopicPartition(name, number) for name in names for number in numbers]


def publish(checked: Checked, places: list[TopicPartition]) -> None:
    with KafkaProducer(bootstrap_servers=checked.settings.broker_hosts) as producer:
        for _ in range(PUBLISHED):
            for tp in places:
                producer.send(tp.topic, b"x", partition=tp.partition)
        producer.flush()


def offsets(spans: Spans) -> dict[TopicPartition, list[int]]:
    return {tp: [*range(span.start, span.end)] for tp, span in spans.items()}


def read(topics: SourceTopics, spans: Spans) -> dict[TopicPartition, list[int]]:
    """The offsets that are read."""
    found: dict[TopicPartition, list[int]] = {tp: [] for tp in spans}

    def collect() -> None:
        for records in topics.read(spans):
            for record in records:
                found[TopicPartition(record.topic, record.partition)].append(record.offset)

    thread = Thread(target=collect, daemon=True)
    thread.start()
    thread.join(TIMEOUT_S)
    assert not thread.is_alive(), {tp: (len(found[tp]), span) for tp, span in spans.items()}
    return found


def test_what_never_comes_is_told(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE_S", 2)
    checked.publish_all([(NOTE_SAVES, "a", b"x", NOON)])
    with SourceTopics(checked.settings) as topics:
        spans = dict.fromkeys(partitions(checked, NOTE_VIEWS), Span(0, 5))
        told = "has shown nothing of note-views, partition 0, from offset 0 to 5 for 2 s, nor of 1 others"
        with pytest.raises(BrokerError, match=told):
            list(topics.read(spans))
