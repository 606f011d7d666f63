"""A Faust consumer that delivers rounds of batches.

Faust keeps partition assignment, rebalancing, flow control and the commit timer. What is replaced is what it
does per message: what was fetched of a partition number becomes one message whose value is a `Round`, and the offset to
commit is the end of the acknowledged prefix of what was delivered, whatever gaps the offsets have.
"""

import asyncio
import logging
import math
import sys
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faust
from faust.events import Event
from faust.transport.consumer import Consumer
from faust.types import TP
from faust.types.tuples import ConsumerMessage, Message
from mode.utils.futures import notify

from schemas.errors import BrokerError
from streams.batch import Batch, Round
from streams.event_time import LogRange
from streams.transport.abreast import HOLD_S, Abreast

logger = logging.getLogger(__name__)

#: Of the time that a request to the broker may take: all that a seek may.
SEEK_SHARE = 0.8
#: What waits for its state is handed out so long after that is restored, at most.
RESTORED_WITHIN_S = 0.1


@dataclass(slots=True)
class Delivery:
    """A round that was handed to the agent. next_offsets: what to commit once it is done."""

    next_offsets: Mapping[TP, int]
    memory_bytes: int = 0
    done: bool = False


class InFlight:
    """What was delivered of each partition and is not committed yet, in the order of delivery.

    max_bytes: of memory for rounds that are not done. There is room as long as they take less.
    """

    def __init__(self, max_bytes: int = sys.maxsize) -> None:
        self._deliveries: dict[TP, deque[Delivery]] = defaultdict(deque)
        self._max_bytes = max_bytes
        self._bytes = 0
        self._room = asyncio.Event()
        self._room.set()

    def __len__(self) -> int:
        """Number of batches, of all rounds."""
        return sum(map(len, self._deliveries.values()))

    def deliver(self, next_offsets: Mapping[TP, int], memory_bytes: int = 0) -> Delivery:
        """Take note of a round that is handed out."""
        delivery = Delivery(next_offsets, memory_bytes)
        for tp in next_offsets:
            self._deliveries[tp].append(delivery)
        self._count(memory_bytes)
        return delivery

    def recount(self, delivery: Delivery, memory_bytes: int) -> None:
        """A round takes another amount of memory than before."""
        self._count(memory_bytes - delivery.memory_bytes)
        delivery.memory_bytes = memory_bytes

    def acknowledge(self, delivery: Delivery) -> None:
        """A round is done."""
        delivery.done = True
        self.release(delivery)

    def release(self, delivery: Delivery) -> None:
        """A round takes no memory any more."""
        self.recount(delivery, 0)

    async def room(self, timeout: float) -> bool:
        """Wait until there is room for a round, for so many seconds at most; is there?"""
        # Unlike asyncio.wait_for (python/cpython#86296), a timeout never swallows that the task is cancelled.
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._room.wait()
        return self._room.is_set()

    def _count(self, added_bytes: int) -> None:
        self._bytes += added_bytes
        if self._bytes < self._max_bytes:
            self._room.set()
        else:
            self._room.clear()

    def committable(self, tp: TP) -> int | None:
        """The offset behind the acknowledged prefix, None if there is none."""
        offset = None
        for delivery in self._deliveries[tp]:
            if not delivery.done:
                break
            offset = delivery.next_offsets[tp]
        return offset

    def committed(self, tp: TP, offset: int) -> None:
        """Forget what lies before a committed offset."""
        deliveries = self._deliveries[tp]
        while deliveries and deliveries[0].done and deliveries[0].next_offsets[tp] <= offset:
            deliveries.popleft()

    def partitions(self) -> list[TP]:
        """Partitions with anything in flight."""
        return [tp for tp, deliveries in self._deliveries.items() if deliveries]

    def clear(self) -> None:
        """Forget everything: reading starts again from the committed offsets."""
        for deliveries in self._deliveries.values():
            for delivery in deliveries:
                self.release(delivery)
        self._deliveries.clear()


class RoundMessage(ConsumerMessage):
    """A Faust message whose value is a `Round`. Its topic and offset are those of the first batch."""

    __slots__ = ("delivery",)

    delivery: Delivery


class RoundSchema(faust.Schema):
    """Hands the round through as it is: decoding is the pipeline's work."""

    def compile(self, app: Any, **_: Any) -> Any:
        """The function that makes an Event of a message."""

        async def decode(message: Message, *, propagate: bool = False) -> Event:
            return app.create_event(None, message.value, {}, message)

        return decode


@dataclass(frozen=True, slots=True)
class Fetch:
    """What was fetched of a partition at once, which may be nothing.

    start: where it was read from, None if that is not known.
    """

    start: int | None
    batches: Sequence[Batch]


class BatchConsumer(Consumer):
    """Base of the batch transports. A subclass's `fetch` returns {TP: Fetch}.

    Nothing is delivered of the partition numbers in the app's `restoring`. What was fetched of them waits here, one
    fetch of a partition at most: in the queue of the agent it would be in the way of the others.

    What was fetched may be lost on its way: the flow was stopped meanwhile, or who waited for it was cancelled. The
    driver's position is behind it then. Therefore nothing is delivered that does not follow what was delivered
    before, or the offset that was sought.

    committed_at: Unix time of the last commit, s; None before the first.
    expired: first offset → offset behind the last, of messages that were deleted before they were read.
    asked_at: `time.monotonic()` when it was last asked for more.
    away_at: when the broker was last seen to be away.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.committed: dict[TP, int] = {}
        self.committed_at: float | None = None
        self.expired: defaultdict[TP, dict[int, int]] = defaultdict(dict)
        self.asked_at = time.monotonic()
        super().__init__(*args, **kwargs)
        self.in_flight = InFlight(self.app.in_flight_bytes)
        self._next: dict[TP, int] = {}
        self._waited_s = 0.0
        self._abreast = Abreast(self._has_more, lambda: self._waited_s)

    def note_expired(self, tp: TP, first: int, behind: int) -> None:
        """Offsets from `first` on are lost, up to `behind`, which is not. What is not committed may be told again."""
        if behind <= self.expired[tp].get(first, first):
            return
        self.expired[tp][first] = behind
        logger.warning(
            "messages expired before they were read, and are lost: let Kafka keep them for longer",
            extra={
                "topic": tp.topic,
                "partition": tp.partition,
                "first_offset": first,
                "last_offset": behind - 1,
            },
        )

    @property
    def away_at(self) -> float:
        """Never, but where there is a broker."""
        return -math.inf

    async def settle(self, number: int, folder: Path, read_to: Mapping[str, int]) -> None:
        """Before anything of a partition number is processed, compare its state with group and topics.

        Here a round is early enough: what is read begins with what the state has read.
        """

    async def fetch(self, tps: set[TP], timeout: float) -> dict[TP, Fetch]:
        """What there is of partitions; waits for so many seconds at most if there is nothing."""
        raise NotImplementedError

    async def read_on_from(self, tp: TP, offset: int) -> None:
        """Fetch from an offset next, if the partition is still ours."""
        raise NotImplementedError

    def sought(self) -> Mapping[TP, int]:
        """Where reading goes on after `seek_to_committed`."""
        raise NotImplementedError

    def log_range(self, tp: TP) -> LogRange:
        """What the broker holds of a partition at this moment."""
        raise NotImplementedError

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, RoundMessage]]:
        """Fetch, and yield one message per round; nothing as long as there is no room for any."""
        self.asked_at = time.monotonic()
        if not await self.in_flight.room(timeout):
            return
        records, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        if records is None or self.should_stop:
            return
        for tp, fetch in records.items():
            if tp not in active:
                continue
            if fetch.start != self._next.get(tp):
                if tp in self._next:
                    await self.read_on_from(tp, self._next[tp])
                continue
            if fetch.batches:
                self._abreast.put(tp, fetch.batches)
                self._next[tp] = fetch.batches[-1].next_offset
        while self.flow_active and self.app.consumer_generation_id == generation:
            restoring = self.app.restoring
            found = self._abreast.take({tp for tp in active if tp.partition not in restoring})
            if found is None:
                return
            message = self._to_message(found)
            yield message.tp, message

    async def _getmany(self, active_partitions: set[TP], timeout: float) -> dict[TP, Fetch]:
        """Fetch what is needed. While something is held back, no longer than that may be."""
        holding = self._abreast.holding
        wanted = active_partitions - holding
        fetched: dict[TP, Fetch] = {}
        began = time.monotonic()
        if any(tp.partition in self.app.restoring for tp in holding):
            timeout = min(timeout, RESTORED_WITHIN_S)
        elif holding:
            timeout = min(timeout, HOLD_S)
        if wanted:
            fetched = await self.fetch(wanted, timeout)
        else:
            await asyncio.sleep(timeout)
        records = sum(len(batch) for fetch in fetched.values() for batch in fetch.batches)
        if records < self.app.batch_records:
            # One that is full says nothing of the partitions that it did not bring.
            self._waited_s += time.monotonic() - began
        return fetched

    def _has_more(self, tp: TP) -> bool:
        """Does the broker hold more of a partition than what was fetched?"""
        return self.log_range(tp).end > self._next.get(tp, 0)

    def on_buffer_full(self, tp: TP) -> None:
        """Every partition is fetched as before: who delivers waits for a place in the queue of the agent.

        Faust would leave the partition out, and sleep for a second when none is left.
        """

    def _to_message(self, found: Round) -> RoundMessage:
        first = found.first
        next_offsets = {TP(b.topic, b.partition): b.next_offset for b in found.batches}
        for tp in next_offsets:
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
        message = RoundMessage(
            topic=first.topic,
            partition=first.partition,
            offset=int(first.offsets[0]),
            timestamp=float(first.timestamps[-1]) / 1000,
            timestamp_type=0,
            headers=None,
            key=None,
            value=found,
            checksum=None,
            tp=TP(first.topic, first.partition),
            generation_id=self.app.consumer_generation_id,
        )
        message.delivery = self.in_flight.deliver(next_offsets, found.memory_bytes)
        return message

    def ack(self, message: Message) -> bool:
        """Mark a round as done."""
        if message.delivery.done:
            return False
        message.acked = True
        self.in_flight.acknowledge(message.delivery)
        self._unacked_messages.discard(message)
        self._n_acked += 1
        notify(self._waiting_for_ack)
        return True

    def abandon(self, message: Message) -> None:
        """Wait for a round no longer: it is not done, and whoever reads its partitions next will read it again."""
        self.in_flight.release(message.delivery)
        self._unacked_messages.discard(message)
        notify(self._waiting_for_ack)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> list[TP]:
        return [
            tp
            for tp in self.in_flight.partitions()
            if topics is None or tp in topics or tp.topic in topics
        ]

    def _new_offset(self, tp: TP) -> int | None:
        return self.in_flight.committable(tp)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Gaps need no bookkeeping: a delivery knows where its batches end."""

    async def perform_seek(self) -> None:
        """Go back to the committed offsets; what was in flight will be delivered again.

        Raises: BrokerError, if the broker does not tell them in time.
        """
        self.in_flight.clear()
        # Faust would take a seek that lasts as long as a request may for a stop, and never read on.
        limit_s = SEEK_SHARE * self.app.conf.broker_request_timeout
        try:
            async with asyncio.timeout(limit_s):
                await super().perform_seek()
        except TimeoutError as error:
            raise BrokerError(
                f"Kafka did not tell within {limit_s:g} s what group {self.app.conf.id} has committed: check that its "
                "brokers are up and reachable from here, and start this worker again."
            ) from error
        # Not before the wait: a fetch that ends meanwhile must not be handed out before what is read again.
        self._abreast.clear()
        self._next = dict(self.sought())
        self.committed = {tp: offset or 0 for tp, offset in self._committed_offset.items()}

    def _should_commit(self, tp: TP, offset: int) -> bool:
        return offset > self.committed.get(tp, -1)

    async def _commit_offsets(
        self, offsets: Mapping[TP, int], start_new_transaction: bool = True
    ) -> bool:
        done: bool = await super()._commit_offsets(offsets, start_new_transaction)
        if done:
            self.committed_at = time.time()
            for tp, offset in offsets.items():
                self.in_flight.committed(tp, offset)
                self.committed[tp] = offset
        return done
