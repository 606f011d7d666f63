"""kafka:// for batches: Faust's aiokafka driver, whose fetches are handed on whole.

aiokafka checks CRCs, leaves out aborted transactions and reassigns; Faust runs it in a thread of its own. Four
settings of the aiokafka consumer that Faust fixes are changed before it starts, and the position of a
partition is read from its subscription: `tests/integration/test_internals.py` fails when these move.
"""

from typing import Any, ClassVar

import numpy as np
from aiokafka import TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.batch import Batch
from streams.event_time import UNKNOWN, LogRange
from streams.transport.batching import BatchConsumer

#: How long the broker may hold back an answer that would be empty; Faust's 1500 ms would be felt.
FETCH_MAX_WAIT_MS = 250
#: Of the values of one batch.
MAX_BATCH_BYTES = 2 << 20


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that aiokafka lives in."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        consumer._fetch_max_bytes = min(consumer._fetch_max_bytes, self.app.in_flight_bytes // 8)
        consumer._isolation_level = "read_committed"
        # Without a table Faust would assign round robin, and one partition number to several workers.
        consumer._partition_assignment_strategy = [self.app.assignor]
        self._assignor = self.app.assignor
        return consumer

    async def stop(self) -> None:
        """Stop, unless the thread has ended in a crash."""
        if not self.thread_loop.is_closed():
            await super().stop()

    def position_and_end(self, tp: TP) -> tuple[int | None, int | None]:
        """Where a partition is read on, and its last known end; None while unknown."""
        assignment = self._ensure_consumer()._subscription.subscription.assignment
        state = assignment.state_value(TopicPartition(tp.topic, tp.partition))
        if state is None or not state.has_valid_position:
            return None, None
        return state.position, state.highwater


class Consumer(BatchConsumer, driver.Consumer):
    """Reads batches of the partitions that Kafka's group coordinator assigns."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._delivered: dict[TP, int] = {}
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP], timeout: float) -> dict[TP, list[Batch]]:
        fetched = await self._thread.getmany(active_partitions, timeout)
        return {TP(*tp): self._batches(TP(*tp), records) for tp, records in fetched.items()}

    def _batches(self, tp: TP, records: list[Any]) -> list[Batch]:
        # Behind the last record there may be transaction markers, which are read as well.
        position, _ = self._thread.position_and_end(tp)
        *earlier, last = cut(records)
        end = last[-1].offset + 1
        self._delivered[tp] = end if position is None else max(end, position)
        return [
            *(_batch(tp, piece, piece[-1].offset + 1) for piece in earlier),
            _batch(tp, last, self._delivered[tp]),
        ]

    def log_range(self, tp: TP) -> LogRange:
        """What is known of a partition; as long as its end is unknown, there may be anything.

        Transaction markers at the end are records that nobody reads: where the position has passed them, the partition
        ends with what was delivered.
        """
        committed = self.committed.get(tp, 0)
        position, end = self._thread.position_and_end(tp)
        if position is None or end is None:
            return LogRange(0, UNKNOWN, committed)
        if position >= end:
            delivered = self._delivered.get(tp, committed)
            return LogRange(0, delivered, committed, markers=max(end - delivered, 0))
        return LogRange(0, end, committed)

    async def perform_seek(self) -> None:
        """Go back to the committed offsets."""
        self._delivered.clear()
        await super().perform_seek()


def _batch(tp: TP, records: list[Any], next_offset: int) -> Batch:
    return Batch(
        topic=tp.topic,
        partition=tp.partition,
        offsets=np.array([record.offset for record in records], dtype=np.int64),
        timestamps=np.array([record.timestamp for record in records], dtype=np.int64),
        keys=[record.key for record in records],
        values=[record.value for record in records],
        next_offset=next_offset,
    )


def cut(records: list[Any]) -> list[list[Any]]:
    """Pieces of at most MAX_BATCH_BYTES or of one record: a batch's change is one record of the changelog."""
    pieces: list[list[Any]] = [[]]
    size = 0
    for record in records:
        size += len(record.value or b"")
        if size > MAX_BATCH_BYTES and pieces[-1]:
            pieces.append([])
            size = len(record.value or b"")
        pieces[-1].append(record)
    return pieces


class Transport(driver.Transport):
    """kafka:// for Faust, under a scheme of its own because Faust keeps that one for itself."""

    Consumer: ClassVar[Any] = Consumer
