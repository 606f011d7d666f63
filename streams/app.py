"""The Faust application: one agent over the four topics, and that of requests to forget."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any, TypeVar

import faust
from faust.types import TP
from mode import Service

from schemas.errors import RegistryClosed, StateError
from schemas.topics import FORGET_REQUESTS, SOURCE_TOPICS
from sinks.block import Sink
from streams import installation
from streams.activity import Activity
from streams.batch import Round
from streams.changelog import Changelog, Fenced
from streams.changelog.kafka import KafkaLog, KafkaReader
from streams.dead_letters import Letter, publish
from streams.erasure.requests import requests_in
from streams.kafka.access import faust_credentials
from streams.kafka.topic_rules import DEAD_LETTER_HEADERS_BYTES
from streams.outbox import Outbox
from streams.partitions import Partitions
from streams.pipeline import Judged, Pipeline, Prepared, Processed
from streams.recovery import Interrupted, Recovery
from streams.settings import Settings
from streams.state import PartitionState
from streams.transport.batching import RoundSchema
from streams.transport.expansion import MESSAGE_BYTES

T = TypeVar("T")

logger = logging.getLogger(__name__)

#: Rounds that wait for the agent. What follows stays in the transport, where it grows into larger batches.
QUEUED_ROUNDS = 4
#: At most so long apart, a worker tells the group that it is there.
HEARTBEAT_S = 3.0
#: A worker that fetches nothing for so long leaves the group, and aiokafka would not let it join again before it
#: fetches, which it never does without partitions. To fetch nothing is in order: ClickHouse may be away, or the worker
#: a spare one. Whether it lives, heartbeats tell; whether it makes progress, its health.
MAX_POLL_INTERVAL_S = 1e9
#: A broker that has just started may not know its topics yet. Then nothing is assigned, until they are asked for again.
METADATA_MAX_AGE_MS = 10_000
#: How long rows may take to ClickHouse when the group, or whoever stops the worker, waits for them.
HURRY_S = 15
#: RocksDB writes a full buffer only: a quiet state would be in memory alone until the changelog has forgotten it.
FLUSH_EVERY_S = 24 * 3600.0
#: States on disk of partitions that moved on are kept for so long, and looked for so often.
UNUSED_S, LOOK_EVERY_S = 3600.0, 300.0
#: A dead letter is the message as it came, which is no larger than what is read, and headers.
DEAD_LETTER_BYTES = MESSAGE_BYTES + DEAD_LETTER_HEADERS_BYTES
#: What is fetched of a partition at once, as it is on the wire: where memory is short, and where it is not.
FETCH_BYTES = (512 << 10, 2 << 20)
#: What compressed messages take more in memory. Measured: 4.
EXPANSION = 8


def fetch_bytes(settings: Settings) -> int:
    """What to fetch of a partition at once, so that a fetch of every partition of every topic has room in memory."""
    least, most = FETCH_BYTES
    share = settings.in_flight_bytes // (EXPANSION * len(SOURCE_TOPICS) * settings.partitions)
    return min(max(share, least), most)


def _not_yet() -> None:
    """A part of a round is safe: the round is not before its last part is."""


def _brokers(settings: Settings) -> list[str]:
    """Faust keeps the scheme kafka:// for its own transport; that of batches has another."""
    scheme = "kafka-batches" if settings.on_kafka else "memory"
    return [f"{scheme}://{host}" for host in settings.broker_hosts]


def _static_membership(settings: Settings) -> dict[str, Any]:
    """Faust's names for who the worker is. An assignment tells the address, and must find it again after a restart."""
    if not settings.instance_id:
        return {}
    return {
        "consumer_group_instance_id": settings.instance_id,
        "canonical_url": f"http://{settings.instance_id}",
    }


class App(faust.App):
    """A worker: reads batches, runs them through their partition's pipeline, and hands the rows to the outbox.

    processed: records that became safe in ClickHouse; one that is delivered again counts again.
    activity: what the pipelines did.
    rebalancing_since: `time.monotonic()` when the group began to be rebalanced; of no meaning while it is not.

    Raises: InstallationError.
    """

    def __init__(self, settings: Settings, partitions: Partitions, sink: Sink) -> None:
        installation.check()
        self.batch_records = settings.batch_records
        self.fetch_linger_ms = settings.fetch_linger_ms
        self.in_flight_bytes = settings.in_flight_bytes
        self.partitions = partitions
        self.processed = 0
        self.rebalancing_since = 0.0
        self._made_at = time.monotonic()
        self.activity = Activity()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pipeline")
        super().__init__(
            settings.group,
            # Else it would take settings from names as common as APP_VERSION and BROKER_URL, over those given here.
            env={},
            broker=_brokers(settings),
            broker_credentials=faust_credentials(settings),
            datadir=str(settings.data_dir / "faust"),
            topic_partitions=settings.partitions,
            topic_allow_declare=not settings.on_kafka,
            topic_disable_leader=True,
            web_enabled=False,
            **_static_membership(settings),
            consumer_max_fetch_size=fetch_bytes(settings),
            stream_buffer_maxsize=QUEUED_ROUNDS,
            consumer_metadata_max_age_ms=METADATA_MAX_AGE_MS,
            broker_session_timeout=settings.session_timeout_s,
            broker_heartbeat_interval=min(HEARTBEAT_S, settings.session_timeout_s / 4),
            broker_max_poll_interval=MAX_POLL_INTERVAL_S,
            producer_max_request_size=DEAD_LETTER_BYTES,
        )
        self.outbox = Outbox(
            sink, self.publish_rejects, settings.sink_rows, settings.sink_linger_ms / 1000
        )
        # Topics in memory end with the process: there the folder of the states is all that there is.
        self.kafka_log = KafkaLog(settings, partitions.clock) if settings.on_kafka else None
        changelog = (
            Changelog(self.kafka_log, settings.epoch, settings.partitions)
            if self.kafka_log
            else None
        )
        self.requests = KafkaReader(settings, FORGET_REQUESTS) if settings.on_kafka else None
        self.recovery = Recovery(
            partitions, changelog, self._in_thread, self.crash, self.requests, self._settle
        )
        topics = (*SOURCE_TOPICS, FORGET_REQUESTS)
        topic = self.topic(*topics, schema=RoundSchema())
        self.agent(topic, name="batches")(self.read)
        self.on_partitions_assigned.connect(self._take_over)
        self.on_partitions_revoked.connect(self._give_up)

    @property
    def restoring(self) -> frozenset[int]:
        """The partition numbers whose state is being restored."""
        return self.recovery.restoring

    def on_init_dependencies(self) -> Iterable[Any]:
        """The changelog is connected before anything can be assigned; the outbox is the first to stop."""
        logs = [log for log in (self.kafka_log, self.requests) if log]
        return [*logs, *super().on_init_dependencies(), self.outbox]

    def on_rebalance_start(self) -> None:
        """Note since when; a rebalance that follows before one has ended is the same."""
        if not self.rebalancing:
            self.rebalancing_since = time.monotonic()
        super().on_rebalance_start()

    async def read(self, stream: Any) -> None:
        """The agent: rounds of one partition number one after another, those of others meanwhile.

        So the pipeline's thread has work while a change is on its way to the changelog. A round is acknowledged by the
        outbox, never before.
        """
        at_work: dict[int, asyncio.Task[bool]] = {}
        async with asyncio.TaskGroup() as group:
            async for event in stream.noack().events():
                number = event.message.partition
                if number in at_work:
                    await at_work[number]
                if any(work.done() and not work.result() for work in at_work.values()):
                    return
                at_work[number] = group.create_task(self._go_on(event))

    async def _go_on(self, event: Any) -> bool:
        """Process one round; False if none may follow."""
        try:
            await self.handle(event)
        except RegistryClosed:
            # What follows would be judged by a time that this round never moved.
            self.recovery.give_up(event.value.partition)
            self.consumer.abandon(event.message)
        except Exception as error:
            await self.crash(error)
            return False
        return True

    async def handle(self, event: Any) -> None:
        """Process one round: changelog, state, then outbox, and there part by part."""
        found: Round = event.value
        requests = found.first.topic == FORGET_REQUESTS
        abandoned = asyncio.Event()

        def let_go() -> None:
            abandoned.set()
            self.consumer.abandon(event.message)

        def done() -> None:
            if abandoned.is_set():
                return
            event.ack()
            if not requests:
                self.processed += len(found)

        try:
            async with aclosing(self._forget(found) if requests else self._process(found)) as parts:
                async for part in parts:
                    if abandoned.is_set():
                        # Earlier parts were let go while this one was made: nothing counts its memory any more.
                        break
                    taken = (
                        part.memory_bytes if part.judged else found.memory_bytes + part.memory_bytes
                    )
                    self.consumer.in_flight.recount(event.message.delivery, taken)
                    await self.outbox.add(part, done if part.judged else _not_yet, let_go)
                    if abandoned.is_set():
                        break
        except Interrupted:
            let_go()
        except Fenced as reason:
            self.recovery.fenced(found.partition, reason)
            let_go()

    async def _process(self, found: Round) -> AsyncGenerator[Processed, None]:
        owned = await self.recovery.owner(found.partition)
        assignment = self.recovery.assignment(found.partition)
        logs = {
            topic: self.consumer.log_range(TP(topic, found.partition)) for topic in SOURCE_TOPICS
        }

        def prepare() -> tuple[Pipeline, Prepared]:
            pipeline = self.partitions.pipeline(found.partition)
            return pipeline, pipeline.prepare(found, logs)

        with self.activity.watch(found) as work:
            pipeline, prepared = await self._in_thread(prepare)
            position = await owned.append(prepared.change) if owned else None
            parts = pipeline.parts(prepared, position)
            part = await self._in_thread(next, parts)
            if part.judged:
                self.activity.count(part)
        while not part.judged:
            # Whoever takes it may be waiting for ClickHouse: meanwhile this is not at work.
            yield part
            if self.recovery.assignment(found.partition) is not assignment:
                raise Interrupted("it was revoked")
            with self.activity.watch(found, work.spent_s) as work:
                part = await self._in_thread(next, parts)
                if part.judged:
                    self.activity.count(part)
        yield part

    async def _forget(self, found: Round) -> AsyncGenerator[Processed, None]:
        """Requests have no rows, but go through the outbox: they are committed when all rows before them are safe."""
        await self.recovery.owner(found.partition)
        with self.activity.watch(found):
            asked = requests_in(found.first)
            self.activity.refused_requests += asked.refused
            await self._in_thread(self.partitions.forget, found.partition, asked.requests)
        yield Processed([Judged(found.first)])

    async def _in_thread(self, call: Callable[..., T], *args: Any) -> T:
        """Only one thread touches the state; it opens and closes it too."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *args)

    @Service.timer(FLUSH_EVERY_S)
    async def _flush_states(self) -> None:
        await self._in_thread(self.partitions.flush)

    @Service.timer(LOOK_EVERY_S)
    async def _look_for_unused_states(self) -> None:
        await self.remove_unused_states()

    async def remove_unused_states(self) -> None:
        """What moved on to others may come back, after a restart of theirs for example; later it is of no use."""
        long_enough = time.monotonic() - self._made_at > UNUSED_S
        if self.kafka_log is not None and long_enough and not self.rebalancing:
            ours = {tp.partition for tp in self.consumer.assignment()}
            await self._in_thread(self.partitions.remove_unused, ours, UNUSED_S)

    async def publish_rejects(self, processed: Processed) -> None:
        """Send what cannot be used to the dead-letters topic."""
        letters = [
            Letter.of(judged.batch, reject)
            for judged in processed.judged
            for reject in judged.rejects
        ]
        await publish(self.producer, letters)

    async def on_stop(self) -> None:
        """Leave nothing running that could touch the state."""
        self.partitions.stop_waiting()
        await super().on_stop()
        try:
            await self.recovery.stop()
        except StateError as error:
            # A state that cannot be closed must not keep the rest from stopping.
            await self.crash(error)
        self._thread.shutdown()

    async def _consumer_wait_empty(self, consumer: Any, logger: Any) -> None:
        await self.recovery.interrupt()
        with self.outbox.hurried(HURRY_S), self.partitions.impatient():
            await super()._consumer_wait_empty(consumer, logger)

    def _on_rebalance_when_stopped(self) -> None:
        """Go on stopping. Faust closes the consumer here, under a commit that then never ends."""

    async def _settle(self, number: int, state: PartitionState) -> None:
        await self.consumer.settle(number, state.folder, state.read_to)

    async def _take_over(self, app: Any, assigned: set[TP], **_: Any) -> None:
        self.recovery.assigned({tp.partition for tp in assigned if tp.topic in SOURCE_TOPICS})

    async def _give_up(self, app: Any, revoked: set[TP], **_: Any) -> None:
        await self.recovery.revoked()
