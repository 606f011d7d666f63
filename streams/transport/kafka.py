"""kafka:// for batches: Faust's aiokafka driver, whose fetches are handed on whole.

aiokafka checks CRCs, leaves out aborted transactions and reassigns; Faust runs it in a thread of its own. Five
settings of the aiokafka consumer that Faust fixes are changed before it starts, its record batches are taken before it
makes records of them, and the position of a partition is read from its subscription:
`tests/integration/test_internals.py` fails when these move.
"""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import Service
from numpy.typing import NDArray

from schemas.errors import BrokerError
from schemas.topics import SOURCE_TOPICS
from streams import standing
from streams.batch import Batch, bounded_times
from streams.event_time import UNKNOWN, LogRange
from streams.transport import expiry as _expiry  # noqa: F401 - it watches positions
from streams.transport import membership, record_batches, settling
from streams.transport.batching import BatchConsumer, Fetch
from streams.transport.fetches import EXPANDED_BYTES, Room, Waiting
from streams.transport.record_batches import Records

#: How long the broker may hold back an answer that would be empty; Faust's 1500 ms would be felt.
FETCH_MAX_WAIT_MS = 250
#: Of the values of one batch: the change of its round is one record of the changelog.
MAX_BATCH_BYTES = 4 << 20
#: Of what may be in flight: what record batches may expand to before what was read of them goes on its way.
EXPANDED_SHARE = 4
#: How often aiokafka is asked how it fares in its group.
LOOK_EVERY_S = 1.0
#: How long a leader that was just elected may not know the end.
LEADER_S = 10.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fetched:
    """Records of a partition, None if there were none.

    start, end: positions before and behind them; transaction markers are counted.
    expired: (first offset, offset behind the last) of what the broker deleted before it was read.
    """

    start: int | None
    end: int
    records: Records | None
    expired: Sequence[tuple[int, int]] = ()


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that aiokafka lives in.

    sought: where reading went on after the last `seek_to_committed`.
    began: where that was the beginning of what Kafka holds, as nothing is committed.
    away_at: `time.monotonic()` when there was last no broker to be had that knows the group.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sought: dict[TP, int] = {}
        self.began: dict[TP, int] = {}
        self._given_back: dict[TP, int] = {}
        self.away_at = -math.inf
        self._seeks = 0
        self._positions: dict[TP, int] = {}
        super().__init__(*args, **kwargs)

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = self.app.fetch_linger_ms or FETCH_MAX_WAIT_MS
        if self.app.fetch_linger_ms:
            # As much as comes of one partition: whoever catches up waits for nothing.
            consumer._fetch_min_bytes = consumer._max_partition_fetch_bytes
        consumer._fetch_max_bytes = min(consumer._fetch_max_bytes, self.app.in_flight_bytes // 8)
        consumer._isolation_level = "read_committed"
        # Without a table Faust would assign round robin, and one partition number to several workers.
        consumer._partition_assignment_strategy = [self.app.assignor]
        self._assignor = self.app.assignor
        return consumer

    @Service.task
    async def _look_after_the_group(self) -> None:
        """aiokafka tells what keeps it out of its group, a missing right for example, to nobody who does not ask."""
        consumer = self._ensure_consumer()
        consumer._coordinator.partitions = self.app.conf.topic_partitions
        while not self.should_stop:
            if consumer._coordinator.coordinator_id is None:
                self.away_at = time.monotonic()
            try:
                membership.check(consumer, self.app.conf)
            except BrokerError as error:
                asyncio.run_coroutine_threadsafe(self._end(error), self.parent_loop)
                return
            await self.sleep(LOOK_EVERY_S)

    async def _end(self, error: BrokerError) -> None:
        """In the loop of the app: end it."""
        await self.app.crash(error)

    async def stop(self) -> None:
        """Stop, unless the thread has ended in a crash."""
        if not self.thread_loop.is_closed():
            await super().stop()

    async def commit(self, offsets: Any) -> bool:
        """Commit; False if the thread has ended, after a crash for example, or ends meanwhile: nobody answers."""
        if self.thread_loop.is_closed():
            return False
        committing = asyncio.ensure_future(super().commit(offsets))
        ended = asyncio.ensure_future(self._shutdown.wait())
        try:
            await asyncio.wait({committing, ended}, return_when=asyncio.FIRST_COMPLETED)
            return committing.done() and bool(committing.result())
        finally:
            committing.cancel()
            ended.cancel()

    async def _fetch_records(
        self, consumer: Any, active_partitions: set[TP], *args: Any, **kwargs: Any
    ) -> dict[TP, Fetched]:
        """In the thread: note from where to where each fetch reaches, before anything else can move a position."""
        if not isinstance(consumer._fetcher._records, Waiting):
            consumer._fetcher._records = Waiting(consumer._fetcher._records, Room(0))
        consumer._fetcher._records.make_room(
            min(self.app.in_flight_bytes // EXPANDED_SHARE, EXPANDED_BYTES), active_partitions
        )
        fetched = await super()._fetch_records(consumer, active_partitions, *args, **kwargs)
        found = {TP(*tp): record_batches.read(batches) for tp, batches in fetched.items()}
        noted = (self._noted(tp, found.get(tp)) for tp in active_partitions | found.keys())
        return {tp: one for tp, one in noted if one is not None}

    def _noted(self, tp: TP, records: Records | None) -> tuple[TP, Fetched | None]:
        position, _ = self.position_and_end(tp)
        start = self._positions.get(tp)
        if not records:
            expired = [] if position is None else self._expired(tp)
            return tp, None if position is None else Fetched(start, position, None, expired)
        last = int(records.offsets[-1]) + 1
        self._positions[tp] = last if position is None else max(last, position)
        return tp, Fetched(start, self._positions[tp], records, self._expired(tp))

    def _expired(self, tp: TP) -> list[tuple[int, int]]:
        """What was deleted unread since we were last asked."""
        state = self._state(tp)
        found, state.expired = state.expired, []
        return list(found)

    async def seek_to_committed(self) -> dict[TP, int | None]:
        """Read on from the committed offsets, or from the beginning where there is none; the former.

        Where one was given back meanwhile, from that.
        """
        found: dict[TP, int | None] = await self.call_thread(self._seek_to_committed)
        return found

    async def _seek_to_committed(self) -> dict[TP, int | None]:
        self._seeks = this_seek = self._seeks + 1
        consumer = self._ensure_consumer()
        assigned = list(consumer.assignment())
        # All at once: `committed` would ask the coordinator for one after another, and there may be thousands.
        found = await consumer._coordinator.fetch_committed_offsets(assigned)
        committed = {tp: one.offset for tp, one in found.items()}
        fresh = [tp for tp in assigned if tp not in committed]
        beginnings = await consumer.beginning_offsets(fresh) if fresh else {}
        # If the group was rebalanced again meanwhile, a later seek knows what is ours now.
        if this_seek == self._seeks:
            self.sought = {}
            self.began = {TP(*tp): offset for tp, offset in beginnings.items()}
            for tp, offset in {**committed, **beginnings}.items():
                self._seek_to(TP(*tp), self._given_back.get(tp, offset) if tp in fresh else offset)
        return {TP(*tp): committed.get(tp) for tp in assigned}

    async def ranges(self, tps: Sequence[TP]) -> dict[TP, LogRange]:
        """See `settling.ranges`."""
        consumer = self._ensure_consumer()
        found: dict[TP, LogRange] = await self.call_thread(settling.ranges, consumer, tps)
        return found

    async def give_back(self, offsets: Mapping[TP, int]) -> None:
        """Commit for a group that has committed nothing, and read on from there."""

        async def commit_and_seek() -> None:
            if await self._commit(offsets):
                self._given_back.update(offsets)
                for tp, offset in offsets.items():
                    self._seek_to(tp, offset)

        await self.call_thread(commit_and_seek)

    async def read_on_from(self, tp: TP, offset: int) -> None:
        """Fetch from an offset next, if the partition is still ours."""

        async def seek() -> None:
            self._seek_to(tp, offset)

        await self.call_thread(seek)

    def _seek_to(self, tp: TP, offset: int) -> None:
        # No other fetch or seek can come between the two.
        with suppress(IllegalStateError):
            self._ensure_consumer().seek(TopicPartition(tp.topic, tp.partition), offset)
            self._positions[tp] = self.sought[tp] = offset

    def position_and_end(self, tp: TP) -> tuple[int | None, int | None]:
        """Where a partition is read on, and its last known end; None while unknown."""
        state = self._state(tp)
        if state is None or not state.has_valid_position:
            return None, None
        if state.highwater is None:
            return state.position, None
        # A leader that was just elected may tell an end that others have read beyond.
        return state.position, max(state.highwater, state.position)

    def _state(self, tp: TP) -> Any:
        """aiokafka's, None where the partition is not ours."""
        assignment = self._ensure_consumer()._subscription.subscription.assignment
        return assignment.state_value(TopicPartition(tp.topic, tp.partition))


class Consumer(BatchConsumer, driver.Consumer):
    """Reads batches of the partitions that Kafka's group coordinator assigns.

    What its thread has read is not here yet: it may be on the way, or lost there. So what is known of a partition is
    what came with a fetch.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._delivered: dict[TP, int] = {}
        self._passed: dict[TP, int] = {}
        self._expired_before: Counter[TP] = Counter()
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def fetch(self, tps: set[TP], timeout: float) -> dict[TP, Fetch]:
        """What there is of partitions."""
        fetched: dict[TP, Fetched] = await self._thread.getmany(tps, timeout)
        for tp, found in fetched.items():
            for first, behind in found.expired:
                self.note_expired(tp, first, behind)
                self._expired_before[tp] += behind - first
            if found.start == self._next.get(tp):
                self._passed[tp] = found.end
        return {tp: Fetch(found.start, self._batches(tp, found)) for tp, found in fetched.items()}

    def _batches(self, tp: TP, fetched: Fetched) -> list[Batch]:
        if fetched.records is None:
            return []
        # Behind the last record there may be transaction markers, which are read as well.
        self._delivered[tp] = fetched.end
        batch = _batch(tp, fetched.records, fetched.end, self._expired_before.pop(tp, 0))
        return list(cut(batch, MAX_BATCH_BYTES, self.app.batch_records))

    async def read_on_from(self, tp: TP, offset: int) -> None:
        """Fetch from an offset next, if the partition is still ours."""
        self._delivered.pop(tp, None)
        self._passed.pop(tp, None)
        self._expired_before.pop(tp, None)
        await self._thread.read_on_from(tp, offset)

    @property
    def away_at(self) -> float:
        """`time.monotonic()` when there was last no broker to be had that knows the group."""
        away_at: float = self._thread.away_at
        return away_at

    def sought(self) -> dict[TP, int]:
        """Where every partition is read on."""
        sought: dict[TP, int] = self._thread.sought
        return sought

    def log_range(self, tp: TP) -> LogRange:
        """What is known of a partition; as long as its end is unknown, there may be anything.

        Transaction markers at the end are records that nobody reads: where a fetch has passed them, the partition ends
        with what was delivered.
        """
        start = self._thread.began.get(tp, 0)
        committed = self.committed.get(tp, start)
        _, end = self._thread.position_and_end(tp)
        if end is None:
            return LogRange(start, UNKNOWN, committed)
        if self._passed.get(tp, 0) >= end:
            delivered = self._delivered.get(tp, committed)
            return LogRange(start, delivered, committed, markers=max(end - delivered, 0))
        return LogRange(start, end, committed)

    async def settle(self, number: int, folder: Path, read_to: Mapping[str, int]) -> None:
        """Before anything of a partition number is processed: does its state belong to the group and the topics?

        Kafka forgets what an idle group has committed. What the state has read and nobody has committed is committed
        then, if Kafka deleted what follows: it is told as if it had never been forgotten.

        folder, read_to: of the state.
        Raises: StateError, BrokerError.
        """
        logs = await self._ranges(number, read_to)
        standing.check(folder, number, read_to, logs)
        forgotten = {TP(t, number): at for t, at in settling.forgotten(read_to, logs).items()}
        if forgotten:
            logger.warning(
                "the group has committed nothing of what its state has read, and Kafka has deleted what follows",
                extra={"partition": number, "topics": sorted(tp.topic for tp in forgotten)},
            )
            await self._thread.give_back(forgotten)
            for tp, offset in forgotten.items():
                # What was fetched begins behind what expired.
                self._abreast.drop(tp)
                self._next[tp] = offset

    async def _ranges(self, number: int, read_to: Mapping[str, int]) -> dict[str, LogRange]:
        """By topic. A leader that was just elected may tell an end that others have read beyond: it is asked again."""
        tps = sorted(tp for tp in self.assignment() if tp.partition == number)
        tps = [tp for tp in tps if tp.topic in SOURCE_TOPICS]
        deadline = time.monotonic() + LEADER_S
        while True:
            logs = {tp.topic: log for tp, log in (await self._thread.ranges(tps)).items()}
            if time.monotonic() > deadline or not any(
                standing.beyond(read_to.get(topic, 0), log) for topic, log in logs.items()
            ):
                return logs
            await asyncio.sleep(0.5)

    async def perform_seek(self) -> None:
        """Go back to the committed offsets."""
        await super().perform_seek()
        # Not before the wait, as a fetch may end meanwhile.
        self._delivered.clear()
        self._passed.clear()
        self._expired_before.clear()


def _batch(tp: TP, records: Records, next_offset: int, expired_before: int) -> Batch:
    return Batch(
        topic=tp.topic,
        partition=tp.partition,
        offsets=records.offsets,
        timestamps=bounded_times(records.timestamps),
        keys=records.keys,
        values=records.values,
        next_offset=next_offset,
        faults=records.faults,
        expired_before=expired_before,
    )


def cut(batch: Batch, max_bytes: int, max_records: int) -> Iterator[Batch]:
    """The same records in batches of at most so many, whose values take at most so many bytes, or of one record."""
    if batch.content_bytes <= max_bytes and len(batch) <= max_records:
        yield batch
        return
    ends = np.cumsum(batch.values.bin.size().cast(pl.Int64).fill_null(0).to_numpy())
    first, taken = 0, 0
    while first + len(batch) > (at := _behind(ends, first, taken + max_bytes, max_records)):
        piece, batch = batch.split(at - first)
        yield piece
        first, taken = at, int(ends[at - 1])
    yield batch


def _behind(ends: NDArray[np.int64], first: int, max_end: int, max_records: int) -> int:
    """Where a batch ends that begins with a record, which it has in any case."""
    fitting = int(np.searchsorted(ends, max_end, side="right"))
    return max(min(fitting, first + max_records), first + 1)


class Transport(driver.Transport):
    """kafka:// for Faust, under a scheme of its own because Faust keeps that one for itself."""

    Consumer: ClassVar[Any] = Consumer
