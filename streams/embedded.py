"""Everything in one process and one folder: the topics in memory, ClickHouse's engine behind a loopback port.

The folder holds `state/` (the partitions' state) and what the embedded ClickHouse server keeps. Offsets go on
where they ended when the folder was last used, so versions keep growing from one run to the next.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.topics import DEAD_LETTERS, FORGET_REQUESTS, SOURCE_TOPICS, SourceEvent
from sinks.embedded import EmbeddedServer
from sinks.migrate import migrate
from sinks.retry import RetryPolicy
from sinks.writer import Writer
from streams.app import App
from streams.clickhouse import served_by
from streams.erasure.requests import Request
from streams.partitioning import partition_of
from streams.partitions import Partitions
from streams.settings import Settings
from streams.transport.memory import MemoryBroker, fresh_broker

#: Partitions of each topic in a folder that is new.
PARTITIONS = 4
#: The source waits while this many records wait to be processed.
MAX_BACKLOG = 100_000
POLL_S = 0.02
#: The server is in this process: what does not pass within a second does not pass by waiting.
PATIENCE = RetryPolicy(attempts=3, first_wait_s=0.25, max_wait_s=0.5)

#: Called now and then with the number of records that are safe in ClickHouse.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Drained:
    """What a run came to. published: records handed to the topics, all of them processed."""

    published: int
    seconds: float


def drain(
    settings: Settings,
    folder: Path,
    events: Iterable[SourceEvent],
    progress: Progress = lambda processed: None,
) -> Drained:
    """Publish events to topics in memory, run a worker until all are safe in ClickHouse, and stop.

    settings: broker, data_dir, partitions and clickhouse_* are replaced by those of the folder.
    Raises: ZhongcaoError, and whatever the events raise; what was published until then is finished first.
    """
    with ExitStack() as stack:
        url, broker = stack.enter_context(fresh_broker())
        settings = replace(settings, broker=url, data_dir=folder, partitions=PARTITIONS)
        server = stack.enter_context(EmbeddedServer(folder))
        clickhouse = served_by(server, settings.clickhouse_database)
        migrate(clickhouse, policy=PATIENCE)
        writer = stack.enter_context(Writer(clickhouse, PATIENCE))
        codec = Codec(DirectoryRegistry())
        partitions = Partitions(settings, codec)
        stack.callback(partitions.close)
        _create_topics(broker, partitions)
        source = Source(broker, codec, events)
        started = time.monotonic()
        asyncio.run(_drain(App(settings, partitions, writer), broker, source, progress))
        return Drained(source.published, time.monotonic() - started)


def forget(settings: Settings, folder: Path, user_id: str) -> None:
    """Delete a user from the state of a folder. Later runs in the folder leave out what comes of the user.

    Raises: StateError, if the state cannot be used, as while a run is using it.
    """
    settings = replace(settings, data_dir=folder, partitions=PARTITIONS)
    partitions = Partitions(settings, Codec(DirectoryRegistry()))
    try:
        number = partition_of(user_id.encode(), PARTITIONS)
        partitions.forget(number, [Request.of(user_id)])
    finally:
        partitions.close()


def _create_topics(broker: MemoryBroker, partitions: Partitions) -> None:
    """Topics whose offsets go on where the state ends."""
    for topic in SOURCE_TOPICS:
        starts = {n: partitions.state(n).read_to.get(topic, 0) for n in range(PARTITIONS)}
        broker.create_topic(topic, PARTITIONS, starts)
    for topic in (DEAD_LETTERS, FORGET_REQUESTS):
        broker.create_topic(topic, PARTITIONS)


class Source(threading.Thread):
    """Publishes events, as fast as they are processed.

    published: how many so far. error: what stopped it, if anything did.
    """

    def __init__(self, broker: MemoryBroker, codec: Codec, events: Iterable[SourceEvent]) -> None:
        super().__init__(name="source", daemon=True)
        self.published = 0
        self.error: BaseException | None = None
        self._broker = broker
        self._codec = codec
        self._events = events
        self._stopping = threading.Event()

    def run(self) -> None:
        """Publish until the events end, fail, or `stop` is called."""
        try:
            for event in self._events:
                self._publish(event)
                if self._stopping.is_set():
                    return
                if self.published % 1000 == 0:
                    self._wait_for_room()
        except BaseException as error:
            self.error = error

    def stop(self) -> None:
        """Publish no more."""
        self._stopping.set()

    def _publish(self, event: SourceEvent) -> None:
        timestamp = int(time.time() * 1000) if event.timestamp is None else event.timestamp
        self._broker.publish(
            event.topic,
            event.record["user_id"].encode(),
            self._codec.encode(event.topic, event.record),
            timestamp,
        )
        self.published += 1

    def _wait_for_room(self) -> None:
        """Wait until the backlog is small enough, or we are stopped."""
        while self._broker.backlog(SOURCE_TOPICS) >= MAX_BACKLOG:
            if self._stopping.wait(POLL_S):
                return


async def _drain(app: App, broker: MemoryBroker, source: Source, progress: Progress) -> None:
    await app.start()
    source.start()
    try:
        while not app.should_stop:
            published_all = not source.is_alive()
            await app.consumer.commit()
            progress(app.processed)
            if published_all and not broker.backlog(SOURCE_TOPICS):
                break
            await asyncio.sleep(POLL_S)
    finally:
        source.stop()
        await app.stop()
    for error in (app.crash_reason, source.error):
        if error is not None:
            raise error
