"""The changelog's topic in Kafka, and how it and others are read."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from mode import Service

from schemas.errors import BrokerError
from streams.kafka.access import aiokafka_options
from streams.kafka.topic_rules import CHANGELOG_MESSAGE_BYTES
from streams.settings import Settings
from streams.transport import fetches
from streams.wall_clock import WallClock

log = logging.getLogger(__name__)

FETCH_BYTES = 4 << 20
#: A fetch of the partition that was read before holds up that of the next one.
FETCH_MAX_WAIT_MS = 20
POLL_MS = 1_000
#: A worker waits for Kafka as long as it takes, and says so every now and then.
QUIET_S = 60
#: The timestamp of a record is the broker's, not ours.
LOG_APPEND_TIME = 1


class KafkaReader(Service):
    """A topic whose partitions are read from one offset to another. All reads share one consumer, one after another.

    Raises: BrokerError, from every method.
    """

    def __init__(self, settings: Settings, topic: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._topic = topic
        self._options = aiokafka_options(settings)
        self._consumer: Any = None
        self._connecting: list[Any] = []
        self._reading = asyncio.Lock()

    def _clients(self) -> Iterable[Any]:
        """What to connect."""
        self._consumer = fetches.consumer(
            **self._options,
            auto_offset_reset="none",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=FETCH_MAX_WAIT_MS,
        )
        return [self._consumer]

    async def on_start(self) -> None:
        """Connect."""
        self._connecting = list(self._clients())
        with self._explained("be reached"):
            try:
                for client in self._connecting:
                    await client.start()
            except KafkaError:
                await self.on_stop()
                raise

    async def on_stop(self) -> None:
        """Disconnect."""
        for client in self._connecting:
            await client.stop()

    async def first_offset(self, partition: int) -> int:
        """The first offset that is still held."""
        tp = TopicPartition(self._topic, partition)
        with self._explained("be read"):
            found: int = (await self._consumer.beginning_offsets([tp]))[tp]
        return found

    async def end_offset(self, partition: int) -> int:
        """The offset behind the last record at this moment."""
        tp = TopicPartition(self._topic, partition)
        with self._explained("be read"):
            found: int = (await self._consumer.end_offsets([tp]))[tp]
        return found

    async def read(
        self, partition: int, start: int, end: int
    ) -> AsyncGenerator[tuple[int, bytes | None], None]:
        """Offsets and records from start (included) to end (excluded). To be closed by the reader."""
        tp = TopicPartition(self._topic, partition)
        async with self._reading:
            self._consumer.assign([tp])
            self._consumer.seek(tp, start)
            moved = time.monotonic()
            while start < end:
                for record in await self._fetch(tp):
                    if record.offset >= end:
                        return
                    yield record.offset, record.value
                before, start = start, await self._consumer.position(tp)
                if start != before:
                    moved = time.monotonic()
                elif time.monotonic() - moved > QUIET_S:
                    log.warning(
                        "Kafka has shown nothing of %s, partition %d, from offset %d to %d for %d s: check that the "
                        "brokers run. It is waited for.",
                        *(self._topic, partition, start, end, QUIET_S),
                    )
                    moved = time.monotonic()

    async def _fetch(self, tp: Any) -> Iterable[Any]:
        with self._explained("be read"):
            fetched = await self._consumer.getmany(tp, timeout_ms=POLL_MS)
        found: Iterable[Any] = fetched.get(tp, [])
        return found

    @contextmanager
    def _explained(self, verb: str) -> Iterator[None]:
        try:
            yield
        except KafkaError as error:
            raise BrokerError(
                f"The topic {self._topic} could not {verb} ({type(error).__name__}: {error}): check that Kafka "
                "runs and `zhongcao topics check`. Nothing is lost, start the worker again."
            ) from error


class KafkaLog(KafkaReader):
    """The topic `Settings.changelog_topic`. clock: hears from the brokers what time it is, where they tell."""

    def __init__(self, settings: Settings, clock: WallClock | None = None, **kwargs: Any) -> None:
        super().__init__(settings, settings.changelog_topic, **kwargs)
        self._clock = clock or WallClock()
        self._producer: Any = None

    def _clients(self) -> Iterable[Any]:
        self._producer = AIOKafkaProducer(
            **self._options,
            acks="all",
            enable_idempotence=True,
            max_request_size=CHANGELOG_MESSAGE_BYTES,
        )
        return [self._producer, *super()._clients()]

    async def append(self, partition: int, record: bytes) -> int:
        """Add a record; its offset, once all in-sync replicas have it."""
        with self._explained(f"take a record of {len(record)} bytes"):
            sent = await self._producer.send_and_wait(self._topic, record, partition=partition)
        offset: int = sent.offset
        if offset < 0:
            raise BrokerError(
                f"Kafka does not tell at which offset of {self._topic} a record was written: start the worker again."
            )
        if sent.timestamp_type == LOG_APPEND_TIME:
            self._clock.told(sent.timestamp)
        return offset
