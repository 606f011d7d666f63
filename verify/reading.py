"""The source topics, read by a consumer of our own."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, LeaderNotAvailableError, OffsetOutOfRangeError

from schemas.errors import BrokerError
from schemas.topics import FORGET_REQUESTS, SOURCE_TOPICS
from streams.erasure.requests import Request, from_bytes
from streams.kafka.access import kafka_python_options
from streams.kafka.login import log_in
from streams.settings import Settings
from streams.standing import BEGIN_ANEW
from streams.timeunits import bounded_time
from verify import bounded

POLL_MS = 1_000
#: How long Kafka may show nothing of what must be there: a broker that restarts is back before that.
PATIENCE_S = 60
#: What is handed on at once, at most: records of all partitions, and the bytes of their values.
AT_ONCE, AT_ONCE_BYTES = 20_000, 64 << 20
#: Records that are taken from the client at once, any of which may be as large as what is read.
STEP = 64


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets of one partition, start included, end not.

    held: the first offset that the topic still holds. former: whether there may be rows of topics before these (epoch).
    """

    start: int
    end: int
    held: int = 0
    former: bool = False

    @property
    def cut(self) -> bool:
        """Whether messages that rows follow from may have been there, and are not any more."""
        return self.held > 0 or self.former

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
        self._requests = [
            TopicPartition(FORGET_REQUESTS, number) for number in range(settings.partitions)
        ]
        bounded.bound()
        with self._explained():
            self._consumer = KafkaConsumer(
                **kafka_python_options(settings),
                group_id=settings.group,
                enable_auto_commit=False,
                # What expires while we read is an error, and not passed over.
                auto_offset_reset="none",
                isolation_level="read_committed",
                max_poll_records=STEP,
            )
            # Of all that will be asked for: what it does not follow, it may leave out of its answers.
            self._consumer.assign([*self._partitions, *self._requests])
            self._check_partitions()

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
            held = self._begins(self._partitions)
            starts = held if since_ms is None else self._starts(since_ms, held)
            former = self._settings.epoch > 0
            spans = {
                tp: Span(starts[tp], self._committed(tp), held[tp], former)
                for tp in self._partitions
            }
            self._check_ends(spans, self._ends(self._partitions))
            return spans

    def forgotten(self) -> dict[str, bool]:
        """Hashes of the users who are forgotten, or are to be; whether all of them was removed."""
        return {
            request.hash: request.user_id is None
            for requests in self.requests().values()
            for request in requests
        }

    def requests(self) -> dict[int, list[Request]]:
        """Partition number → the requests to forget a user in it, oldest first."""
        begins, ends = self._begins(self._requests), self._ends(self._requests)
        found: dict[int, list[Request]] = {tp.partition: [] for tp in self._requests}
        for records in self.read({tp: Span(begins[tp], ends[tp]) for tp in self._requests}):
            for record in records:
                if request := from_bytes(record.value):
                    found[record.partition].append(request)
        return found

    def behind(self, spans: Spans) -> Spans:
        """From the end of some spans to the end of the partitions at this moment."""
        ends = self._ends(self._partitions)
        return {tp: Span(max(span.end, span.held), ends[tp]) for tp, span in spans.items()}

    def begins(self, spans: Spans, now_ms: int) -> dict[str, int]:
        """Timestamp from which a topic holds everything, of those that do not hold all that they had."""
        firsts = self._first_timestamps(spans)
        found: dict[str, int] = {}
        for tp, span in spans.items():
            if tp in firsts or span.held > 0:
                found[tp.topic] = max(found.get(tp.topic, 0), firsts.get(tp, now_ms))
        cut = {tp.topic for tp, span in spans.items() if span.cut}
        # Topics are rebuilt together: where nothing has come yet, nothing was lost since the others began.
        begun = max(found.values(), default=now_ms)
        return {topic: found.get(topic, begun) for topic in SOURCE_TOPICS if topic in cut}

    def _first_timestamps(self, spans: Spans) -> dict[TopicPartition, int]:
        """Timestamp of the first record that is held and has one, of the partitions that are cut."""
        ends = self._ends(self._partitions)
        cut = {tp: Span(span.held, ends[tp]) for tp, span in spans.items() if span.cut}
        found: dict[TopicPartition, int] = {}
        for records in self.read(cut):
            for record in records:
                if record.timestamp >= 0:
                    tp = TopicPartition(record.topic, record.partition)
                    found.setdefault(tp, bounded_time(record.timestamp))
            if found.keys() == {tp for tp, span in cut.items() if span}:
                break
        return found

    def read(self, spans: Spans) -> Iterator[list[Any]]:
        """Records, each partition in the order of its offsets."""
        open_spans = {tp: span for tp, span in spans.items() if span}
        self._go_to(open_spans)
        places, moved = self._places(open_spans), time.monotonic()
        while open_spans:
            for tp, records in self._some().items():
                yield [record for record in records if record.offset < spans[tp].end]
            now = self._places(open_spans)
            if now != places:
                places, moved = now, time.monotonic()
            elif time.monotonic() - moved > PATIENCE_S:
                raise BrokerError(self._standing_still(places, open_spans))
            open_spans = {tp: span for tp, span in open_spans.items() if places[tp] < span.end}
            self._keep_to(open_spans)

    def _go_to(self, spans: Spans) -> None:
        self._keep_to(spans)
        with self._explained():
            for tp, span in spans.items():
                self._consumer.seek(tp, span.start)

    def _keep_to(self, partitions: Collection[TopicPartition]) -> None:
        """Read only these on, where they are.

        The others are not paused: kafka-python may never take up again what it has put aside of partitions that were.
        """
        with self._explained():
            if partitions:
                self._consumer.assign(list(partitions))

    def _places(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Where each is read on."""
        with self._explained():
            return {tp: self._consumer.position(tp) for tp in partitions}

    def _standing_still(self, places: Mapping[TopicPartition, int], spans: Spans) -> str:
        tp, at = next(iter(places.items()))
        return (
            f"Kafka at {self._settings.broker} has shown nothing of {tp.topic}, partition {tp.partition}, from offset "
            f"{at} to {spans[tp].end} for {PATIENCE_S} s, nor of {len(places) - 1} others: check that the brokers "
            "run, and run it again."
        )

    def _begins(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        return self._asked(self._consumer.beginning_offsets, partitions)

    def _ends(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        return self._asked(self._consumer.end_offsets, partitions)

    def _asked(
        self, ask: Callable[..., Any], partitions: Collection[TopicPartition]
    ) -> Mapping[TopicPartition, int]:
        """What Kafka answers, of each partition."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with self._explained():
                try:
                    found: Mapping[TopicPartition, int] = ask(partitions)
                except KeyError as error:
                    # kafka-python's, where it does not know at the moment which broker leads a partition.
                    if time.monotonic() > deadline:
                        raise LeaderNotAvailableError(error) from error
                else:
                    return found
            time.sleep(POLL_MS / 1000)

    def _committed(self, tp: TopicPartition) -> int:
        return self._consumer.committed(tp, timeout_ms=PATIENCE_S * 1000) or 0

    def _check_partitions(self) -> None:
        """What lies in partitions that nobody reads would not be missed."""
        for topic in SOURCE_TOPICS:
            there = len(self._consumer.partitions_for_topic(topic) or ())
            if there != self._settings.partitions:
                raise BrokerError(
                    f"The topic {topic} at {self._settings.broker} has {there} partitions, but partitions is "
                    f"{self._settings.partitions}, so the messages in the others would not be compared: set "
                    "partitions as the workers have it, and see `zhongcao topics check`."
                )

    def _check_ends(self, spans: Spans, ends: Mapping[TopicPartition, int]) -> None:
        for tp, span in spans.items():
            if span.end > ends[tp]:
                raise BrokerError(
                    f"Group {self._settings.group} has committed offset {span.end} of {tp.topic}, partition "
                    f"{tp.partition}, which ends at {ends[tp]}: the topic was deleted and made again, and the "
                    f"tables do not follow from it: {BEGIN_ANEW}."
                )

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
        """Brokers say that there is none also where a batch that they do not hold any more is the first since then."""
        ends = self._ends(self._partitions)
        found = self._consumer.offsets_for_times(dict.fromkeys(self._partitions, since_ms))
        return {
            tp: max(at.offset, held[tp]) if at else held[tp] or ends[tp] for tp, at in found.items()
        }

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OffsetOutOfRangeError as error:
            raise BrokerError(
                f"Messages at {self._settings.broker} expired while they were read ({error}): run it again, with "
                "--since if it takes too long."
            ) from error
        except KafkaError as error:
            raise BrokerError(
                f"The topics at {self._settings.broker} cannot be read ({type(error).__name__}: {error}): check "
                "the address, the rights of the user, and `zhongcao topics check`."
            ) from error
