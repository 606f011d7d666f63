"""Messages that Kafka deletes while a scenario runs, kept aside: `verify` reads on as if they were still there."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any
from unittest.mock import patch

from kafka import KafkaAdminClient, TopicPartition

from sinks.connection import ClickHouse
from streams.settings import Settings
from verify.reading import SourceTopics, Span, Spans


class Expiry:
    """Deletes messages of the sources, and knows of each whether the group had read it.

    kept: what was deleted and had been read before. held: the first offset that is left.
    unread: how many were deleted and had not been read.
    """

    def __init__(self, settings: Settings) -> None:
        self.kept: defaultdict[TopicPartition, list[Any]] = defaultdict(list)
        self.held: dict[TopicPartition, int] = {}
        self.unread = Counter[TopicPartition]()
        self._settings = settings

    def of_read(self, rng: Random) -> None:
        """Delete some of what the group has committed: nobody reads it again."""
        with SourceTopics(self._settings) as topics:
            committed = topics.committed(None)
            before = {
                tp: rng.randint(span.held + 1, span.end)
                for tp, span in committed.items()
                if span.end > span.held and rng.random() < 0.7
            }
            self._delete(topics, committed, before)

    def of_unread(self, rng: Random) -> None:
        """Delete some of what comes behind, too, but for the last. Nobody reads meanwhile, or has read more."""
        with SourceTopics(self._settings) as topics:
            committed = topics.committed(None)
            before = {
                tp: rng.randint(behind.start + 1, behind.end - 1)
                for tp, behind in topics.behind(committed).items()
                # Where nothing was committed, the group begins with what there is.
                if committed[tp].end > committed[tp].held and len(behind) > 1
            }
            self._delete(topics, committed, before)
        for tp, offset in before.items():
            self.unread[tp] += offset - committed[tp].end

    def remembered(self) -> AbstractContextManager[object]:
        """While inside, `verify` has what was read, whatever was deleted since, and nothing of the rest."""
        return patch("verify.check.SourceTopics", partial(_Remembering, expiry=self))

    def seen(self) -> Counter[str]:
        """How many expired."""
        return Counter(
            {
                "messages that expired after they were read": sum(map(len, self.kept.values())),
                "messages that expired unread": self.unread.total(),
            }
        )

    def told_otherwise(self, database: ClickHouse) -> str:
        """How `freshness` tells more or less than what expired unread; empty if it does not."""
        with database.client() as client:
            rows = client.execute(
                "SELECT topic, `partition`, expired_unread FROM freshness WHERE expired_unread > 0"
            )
        told = {TopicPartition(topic, partition): count for topic, partition, count in rows}
        wrong = {str(tp): n for tp, n in self.unread.items() if told.get(tp) != n}
        if told == self.unread:
            return ""
        return (
            f"expired unread: {self.unread.total()}, told: {sum(told.values())}; wrong are {wrong}"
        )

    def _delete(
        self, topics: SourceTopics, committed: Spans, before: Mapping[TopicPartition, int]
    ) -> None:
        if not before:
            return
        spans = {
            tp: Span(committed[tp].held, min(offset, committed[tp].end))
            for tp, offset in before.items()
        }
        for records in topics.read(spans):
            if records:
                self.kept[TopicPartition(records[0].topic, records[0].partition)] += records
        with KafkaAdminClient(bootstrap_servers=self._settings.broker_hosts) as admin:
            admin.delete_records(dict(before))
        self.held.update(before)


class _Remembering(SourceTopics):
    def __init__(self, settings: Settings, expiry: Expiry) -> None:
        super().__init__(settings)
        self._expiry = expiry

    def committed(self, since_ms: int | None) -> Spans:
        spans = super().committed(since_ms)
        return {tp: replace(span, start=0, held=0) for tp, span in spans.items()}

    def read(self, spans: Spans) -> Iterator[list[Any]]:
        for tp, span in spans.items():
            kept = self._expiry.kept[tp]
            if found := [record for record in kept if span.start <= record.offset < span.end]:
                yield found
        held = self._expiry.held
        yield from super().read(
            {
                tp: replace(span, start=max(span.start, held.get(tp, 0)))
                for tp, span in spans.items()
            }
        )
