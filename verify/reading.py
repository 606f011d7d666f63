"""The source topics, read by a consumer of our own."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from schemas.errors import BrokerError
from schemas.topics import FORGET_REQUESTS, SOURCE_TOPICS
from streams.erasure.requests import from_bytes
from streams.kafka.access import kafka_python_options
from streams.kafka.login import log_in
from streams.settings import Settings
from streams.timeunits import bounded_time
from verify import bounded

POLL_MS = 1_000
#: What is handed on at once, at most: records of all partitions, and the bytes of their values.
AT_ONCE, AT_ONCE_BYTES = 20_000, 64 << 20
#: Records that are taken from the client at once, any of which may be as large as what is read.
STEP = 64


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets of one partition, start included, end not. held: the first offset that the topic still holds."""

    start: int
    end: int
    held: int = 0

    def __len__(self) -> int:
        """How many offsets; there are no more records than that."""
        return max(self.end - self.start, 0)


Spans = Mapping[TopicPartition, Span]


class SourceTopics:
    """All partitions of the four topics. Reading joins no group and commits nothing.

    Raises: BrokerError, from every method.
    """

    def __init__(self, settings: Settings) -> None:
        log_in(settings)
        self._settings = settings
        self._partitions = [
            TopicPartition(topic, number)
            for topic in SOURCE_TOPICS
            for number in range(settings.partitions)
        ]
        bounded.bound()
        with self._explained():
            self._consumer = KafkaConsumer(
                **kafka_python_options(settings),
                group_id=settings.group,
                enable_auto_commit=False,
                isolation_level="read_committed",
                max_poll_records=STEP,
            )
            self._consumer.assign(self._partitions)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._consumer.close()

    def committed(self, since_ms: int | None) -> Spans:
        """From the first record with a timestamp since then (all, if None) to where the group has committed."""
        with self._explained():
            held = self._consumer.beginning_offsets(self._partitions)
            starts = held if since_ms is None else self._starts(since_ms, held)
            return {
                tp: Span(starts[tp], self._consumer.committed(tp) or 0, held[tp])
                for tp in self._partitions
            }

    def forgotten(self) -> frozenset[str]:
        """Hashes of the users who are forgotten, or are to be."""
        places = [
            TopicPartition(FORGET_REQUESTS, number) for number in range(self._settings.partitions)
        ]
        found: set[str] = set()
        with self._explained():
            self._consumer.assign(places)
            ends = self._consumer.end_offsets(places)
            self._consumer.seek_to_beginning(*places)
            while any(self._consumer.position(tp) < end for tp, end in ends.items()):
                for records in self._consumer.poll(POLL_MS).values():
                    requests = (from_bytes(record.value) for record in records)
                    found |= {request.hash for request in requests if request}
            self._consumer.assign(self._partitions)
        return frozenset(found)

    def behind(self, spans: Spans) -> Spans:
        """From the end of some spans to the end of the partitions at this moment."""
        with self._explained():
            ends = self._consumer.end_offsets(self._partitions)
        return {tp: Span(max(span.end, span.held), ends[tp]) for tp, span in spans.items()}

    def first_timestamps(self, spans: Spans) -> dict[TopicPartition, int]:
        """Timestamp of the first record that is held, of the partitions that hold not all that they had."""
        cut = {tp: Span(span.held, span.end) for tp, span in spans.items() if span.held > 0}
        found: dict[TopicPartition, int] = {}
        for records in self.read(cut):
            for record in records:
                tp = TopicPartition(record.topic, record.partition)
                found.setdefault(tp, bounded_time(record.timestamp))
            if found.keys() == {tp for tp, span in cut.items() if span}:
                break
        return found

    def read(self, spans: Spans) -> Iterator[list[Any]]:
        """Records, each partition in the order of its offsets."""
        open_spans = {tp: span for tp, span in spans.items() if span}
        with self._explained():
            for tp, span in open_spans.items():
                self._consumer.seek(tp, span.start)
            self._consumer.resume(*open_spans)
            self._consumer.pause(*(tp for tp in self._partitions if tp not in open_spans))
        while open_spans:
            fetched = self._some()
            for tp, records in fetched.items():
                yield [record for record in records if record.offset < spans[tp].end]
            with self._explained():
                done = [tp for tp in open_spans if self._consumer.position(tp) >= spans[tp].end]
                self._consumer.pause(*done)
            for tp in done:
                del open_spans[tp]

    def _some(self) -> dict[TopicPartition, list[Any]]:
        """What there is, none if there is nothing in time."""
        found: dict[TopicPartition, list[Any]] = defaultdict(list)
        count = size = 0
        with self._explained():
            while count < AT_ONCE and size < AT_ONCE_BYTES:
                polled = self._consumer.poll(0 if found else POLL_MS)
                if not polled:
                    break
                for tp, records in polled.items():
                    found[tp] += records
                    count += len(records)
                    size += sum(len(record.value or b"") for record in records)
        return found

    def _starts(self, since_ms: int, held: Mapping[Any, int]) -> dict[Any, int]:
        found = self._consumer.offsets_for_times(dict.fromkeys(self._partitions, since_ms))
        ends = self._consumer.end_offsets(self._partitions)
        return {
            tp: max(ends[tp] if at is None else at.offset, held[tp]) for tp, at in found.items()
        }

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except KafkaError as error:
            raise BrokerError(
                f"The topics at {self._settings.broker} cannot be read ({type(error).__name__}: {error}): check "
                "the address, the rights of the user, and `zhongcao topics check`."
            ) from error
