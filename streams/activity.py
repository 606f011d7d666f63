"""What a worker has done so far, in plain numbers: the event loop writes them, anyone may read."""

import logging
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from schemas.rejects import Reason
from schemas.topics import SOURCE_TOPICS
from streams.batch import Round
from streams.pipeline import Judged, Processed

logger = logging.getLogger(__name__)

#: Upper bounds of the histogram of durations, s.
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True)
class Durations:
    """A histogram. counts: how many took up to each of BOUNDS_S, but longer than the bound before; the last, longer.

    seconds: their sum.
    """

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.seconds += seconds


@dataclass(slots=True)
class TopicActivity:
    """What was processed of one topic; a record that is delivered again counts again.

    bytes: of keys and values. dead_letters: by reason. left_out: records of forgotten users.
    too_late: events. newest_ms: partition number → newest Kafka timestamp, ms.
    """

    records: int = 0
    bytes: int = 0
    dead_letters: Counter[Reason] = field(default_factory=Counter)
    left_out: int = 0
    too_late: int = 0
    newest_ms: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class InProcess:
    """A round that the pipeline works on, by where it begins.

    since: `time.monotonic()` when work on it, or on a part of it, began.
    spent_s: what its earlier parts took, in seconds; this one, too, once that is made.
    """

    topic: str
    partition: int
    offset: int
    since: float
    spent_s: float

    @property
    def seconds(self) -> float:
        """What it has taken so far, without the time between its parts."""
        return self.spent_s + time.monotonic() - self.since


class Activity:
    """Counts what a worker does.

    topics: topic → what was processed.
    progressed_at: `time.monotonic()` when a round last came through.
    refused_requests: records among the requests to forget that were none.
    rounds: how long each took from its turn among those of its partition number until its rows were made, without the
        time between its parts.
    """

    def __init__(self) -> None:
        self.topics = {topic: TopicActivity() for topic in SOURCE_TOPICS}
        self.refused_requests = 0
        self.rounds = Durations()
        self.progressed_at = time.monotonic()
        self._in_process: dict[int, InProcess] = {}

    @property
    def in_process(self) -> InProcess | None:
        """The round that has been in process for longest; None while the pipeline waits for one."""
        return next(iter(self._in_process.values()), None)

    @property
    def records(self) -> int:
        """Records processed, of all topics."""
        return sum(topic.records for topic in self.topics.values())

    @property
    def dead_letters(self) -> int:
        """Dead letters, of all topics and reasons."""
        return sum(topic.dead_letters.total() for topic in self.topics.values())

    @property
    def left_out(self) -> int:
        """Records of forgotten users, of all topics."""
        return sum(topic.left_out for topic in self.topics.values())

    @property
    def too_late(self) -> int:
        """Events that came too late, of all topics."""
        return sum(topic.too_late for topic in self.topics.values())

    @contextmanager
    def watch(self, found: Round, spent_s: float = 0.0) -> Iterator[InProcess]:
        """A round is in process while inside: one of each partition number at a time. spent_s: on its earlier parts."""
        first = found.first
        work = InProcess(
            first.topic, first.partition, int(first.offsets[0]), time.monotonic(), spent_s
        )
        self._in_process[first.partition] = work
        try:
            yield work
        finally:
            work.spent_s = work.seconds
            del self._in_process[first.partition]

    def count(self, processed: Processed) -> None:
        """A round in process has come through."""
        first = processed.judged[0].batch
        self.progressed_at = time.monotonic()
        seconds = self._in_process[first.partition].seconds
        if not self.records:
            records = sum(len(judged.batch) for judged in processed.judged)
            told = {"partition": first.partition, "records": records, "seconds": round(seconds, 3)}
            logger.info("first round", extra=told)
        self.rounds.add(seconds)
        for judged in processed.judged:
            self._count(judged)

    def _count(self, judged: Judged) -> None:
        batch, topic = judged.batch, self.topics[judged.batch.topic]
        topic.records += len(batch)
        topic.bytes += batch.content_bytes
        topic.dead_letters.update(reject.reason for reject in judged.rejects)
        topic.left_out += judged.left_out
        topic.too_late += judged.too_late
        newest = int(batch.timestamps.max())
        topic.newest_ms[batch.partition] = max(newest, topic.newest_ms.get(batch.partition, newest))
