"""Everything in one process and one folder: the topics in memory, ClickHouse's engine behind a loopback port.

The folder holds `state/` (the partitions' state) and what the embedded ClickHouse server keeps. Offsets go on
where they ended when the last run in the folder came to its end, so versions keep growing from one run to the next.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from faust.types import TP

from schemas.codec import Codec
from schemas.errors import SinkError, StateError
from schemas.registry import DirectoryRegistry
from schemas.topics import DEAD_LETTERS, FORGET_REQUESTS, SOURCE_TOPICS, SourceEvent
from sinks.ask import ask
from sinks.connection import ClickHouse
from sinks.embedded import EmbeddedServer
from sinks.migrate import migrate
from sinks.writer import Writer
from streams import stopping
from streams.app import App
from streams.clickhouse import PATIENCE, check_lookback, served_by
from streams.erasure.requests import Request
from streams.folder import UNFINISHED, Run, Source, alone, delete_leftovers
from streams.partitioning import partition_of
from streams.partitions import Partitions
from streams.settings import Settings
from streams.stopping import Asked, Stopped
from streams.transport.memory import MemoryBroker, fresh_broker

logger = logging.getLogger(__name__)

#: Partitions of each topic in a folder that is new.
PARTITIONS = 4
POLL_S = 0.02
AGAIN = "Give the same command again: it begins where this run began, and comes to the same tables."
SEND_AGAIN = (
    "Give the same command again, with the same events from the beginning: it begins where this run began, and comes "
    "to the same tables."
)

#: By topic and partition.
Offsets = Mapping[tuple[str, int], int]
#: Called now and then with the number of records that are safe in ClickHouse.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Drained:
    """What a run came to.

    published: records handed to the topics, all of them processed. late: of these, events that came too late to be
    joined. left_out: those of forgotten users. refused: dead letters, by reason and what is wrong.
    """

    published: int
    seconds: float
    late: int = 0
    left_out: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)

    @property
    def used(self) -> int:
        """Events that are facts now, or were before."""
        return self.published - self.left_out - sum(self.refused.values())


def drain(
    settings: Settings,
    folder: Path,
    events: Iterable[SourceEvent],
    progress: Progress = lambda processed: None,
    *,
    source: str = "events",
    live: bool = False,
) -> Drained:
    """Publish events to topics in memory, run a worker until all are safe in ClickHouse, and stop.

    settings: broker, data_dir, partitions and clickhouse_* are replaced by those of the folder.
    source: their name, for people. A run that did not come to its end is done over first, by one with the same events.
    live: they come from somewhere that will not give them again: a signal ends them, and what has come is finished.

    Raises: ZhongcaoError, and whatever the events raise; what was published until then is finished first. Stopped, on
    a signal that is not the end of a live source, or once such a one is finished.
    """
    with ExitStack() as stack:
        url, broker = stack.enter_context(fresh_broker())
        settings = replace(settings, broker=url, data_dir=folder, partitions=PARTITIONS)
        server = stack.enter_context(EmbeddedServer(folder))
        stack.enter_context(alone(folder))
        clickhouse = served_by(server, settings.clickhouse_database)
        migrate(clickhouse, policy=PATIENCE)
        check_lookback(clickhouse, settings.lookback_days)
        run = Run(folder, source)
        run.go_back()
        if run.again:
            logger.warning("the last run in this folder did not come to its end: it is done over")
        codec = Codec(DirectoryRegistry())
        offsets = _offsets(Partitions(settings, codec))
        _check_agreement(folder, offsets, _safe(clickhouse, settings.epoch), run.again)
        # Not before: what does not agree is not what an unfinished run left.
        run.begin()
        _create_topics(broker, offsets)
        writer = stack.enter_context(Writer(clickhouse, PATIENCE))
        partitions = Partitions(settings, codec)
        stack.callback(partitions.close)
        reader = Source(
            broker, codec, events, lambda: _all_judged(broker, partitions), live, run.handed_over()
        )
        again = SEND_AGAIN if live else AGAIN
        started = time.monotonic()
        with _to_be_continued(again), stopping.listening() as asked:
            app = App(settings, partitions, writer)
            complete = asyncio.run(_drain(app, broker, reader, progress, asked))
            partitions.close()
        drained = Drained(
            reader.published,
            time.monotonic() - started,
            app.activity.too_late,
            app.activity.left_out,
            _refused(clickhouse, settings.epoch, offsets),
        )
        if complete:
            run.finish()
    if reader.error is not None:
        raise reader.error
    if not complete:
        raise Stopped(f"Interrupted. {again}")
    if asked.number is not None:
        raise Stopped(f"Interrupted: {drained.published:,} events had come, and all are safe.")
    return drained


@contextmanager
def _to_be_continued(again: str) -> Iterator[None]:
    """Say how to go on after an error."""
    try:
        yield
    except (StateError, SinkError) as error:
        raise type(error)(f"{str(error).removesuffix('.')}. {again}") from error


def forget(settings: Settings, folder: Path, user_id: str) -> None:
    """Delete a user from the state of a folder. Later runs in the folder leave out what comes of the user.

    Raises: StateError, if the state cannot be used, as while a run is using it.
    """
    with alone(folder):
        # What an unfinished run began with comes back with the next one.
        for place in (folder, folder / UNFINISHED):
            if place == folder or place.exists():
                _forget_in(replace(settings, data_dir=place, partitions=PARTITIONS), user_id)
        delete_leftovers(folder)


def _forget_in(settings: Settings, user_id: str) -> None:
    partitions = Partitions(settings, Codec(DirectoryRegistry()))
    number = partition_of(user_id.encode(), PARTITIONS)
    try:
        partitions.forget(number, [Request.of(user_id)])
    except BaseException:
        # A store that could not be written fails once more when it is closed, and says less.
        with suppress(StateError):
            partitions.close()
        raise
    partitions.close()


def _offsets(partitions: Partitions) -> Offsets:
    """Where the states end; they are closed."""
    try:
        return {
            (topic, number): partitions.state(number).read_to.get(topic, 0)
            for topic in SOURCE_TOPICS
            for number in range(PARTITIONS)
        }
    finally:
        partitions.close()


def _refused(clickhouse: ClickHouse, epoch: int, since: Offsets) -> Mapping[str, int]:
    """Dead letters from these offsets on, by reason and what is wrong, the most frequent first."""
    new = " OR ".join(
        f"topic = '{topic}' AND partition = {number} AND offset >= {offset}"
        for (topic, number), offset in since.items()
    )
    query = (
        "SELECT concat(reason, ': ', detail) AS why, count() AS letters FROM dead_letters FINAL"
        f" WHERE epoch = {epoch} AND ({new}) GROUP BY why ORDER BY letters DESC, why"
    )
    return {row["why"]: row["letters"] for row in ask(clickhouse, query)}


def _safe(clickhouse: ClickHouse, epoch: int) -> Offsets:
    """How far the tables go. epoch: of the offsets; others are those of former topics."""
    query = (
        "SELECT topic, partition, max(next_offset) AS end FROM progress"
        f" WHERE epoch = {epoch} GROUP BY ALL"
    )
    return {(row["topic"], row["partition"]): row["end"] for row in ask(clickhouse, query)}


def _check_agreement(folder: Path, held: Offsets, safe: Offsets, again: bool) -> None:
    """The tables must have what the state has, and nothing else unless a run is done over."""
    for (topic, number), end in held.items():
        written = safe.get((topic, number), 0)
        if end > written or (end < written and not again):
            lacking = "ClickHouse" if end > written else "the state"
            raise StateError(
                f"In {folder}, {lacking} lacks what was processed before ({topic} {number}: the state ends at "
                f"offset {end}, ClickHouse at {written}): a part of the folder was lost, or is of another time. "
                "Bring it back whole, or replay everything into a new folder."
            )


def _create_topics(broker: MemoryBroker, offsets: Offsets) -> None:
    """Topics whose offsets go on where the state ends."""
    for topic in SOURCE_TOPICS:
        starts = {number: offsets[topic, number] for number in range(PARTITIONS)}
        broker.create_topic(topic, PARTITIONS, starts)
    for topic in (DEAD_LETTERS, FORGET_REQUESTS):
        broker.create_topic(topic, PARTITIONS)


def _all_judged(broker: MemoryBroker, partitions: Partitions) -> bool:
    """Whether the states have everything that is visible."""
    states = partitions.opened
    return all(
        number in states and states[number].read_to.get(topic, 0) >= broker.end(TP(topic, number))
        for topic in SOURCE_TOPICS
        for number in range(PARTITIONS)
    )


async def _drain(
    app: App, broker: MemoryBroker, source: Source, progress: Progress, asked: Asked
) -> bool:
    """Run until all is safe, or a signal ends it, which for a live source is its end. Is all safe?"""
    complete = False
    try:
        await app.start()
        source.start()
        while not (complete or app.should_stop):
            if asked.number is not None:
                source.stop()
                if not source.live:
                    break
            source.hurry()
            ended = source.ended
            await app.consumer.commit()
            # The table has them.
            broker.discard(DEAD_LETTERS)
            progress(app.processed)
            complete = ended and not broker.backlog(SOURCE_TOPICS)
            await asyncio.sleep(0 if complete else POLL_S)
    finally:
        source.stop()
        await app.stop()
    if app.crash_reason is not None:
        raise app.crash_reason
    return complete and source.whole
