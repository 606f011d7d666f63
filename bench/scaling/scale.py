"""Workers of one group drain the same events, with one number of partitions after the other."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local_kafka import LocalKafka

from bench.drain.contestants import rows_in
from bench.drain.traffic import Published, newest, publish
from bench.measured import Cost
from bench.worker import Group, WrongResult, clickhouse_beside
from streams.join.windows import MAX_PATH
from streams.kafka import topics

LIMIT_S: Final = 900


@dataclass(frozen=True, slots=True)
class Scaled:
    """What workers took together.

    drain: from nothing until all events are committed, the start included. start: of one worker, with nothing to drain.
    """

    partitions: int
    workers: int
    events: int
    start: Cost
    drain: Cost

    @property
    def cpu_us(self) -> float:
        """What an event costs, µs of processor time. To start is no part of it, but to share the work is."""
        return (self.drain.cpu_s - self.workers * self.start.cpu_s) / self.events * 1e6

    @property
    def per_s(self) -> float:
        """Events per second, from the start on."""
        return self.events / self.drain.wall_s


def scale(
    events: int,
    partitions: int,
    workers: Sequence[int],
    folder: Path,
    progress: Callable[[int], object],
) -> Iterator[Scaled]:
    """Publish events into topics of so many partitions, and let so many workers drain them, one group after the other.

    folder: empty. progress: called with the number of events published so far. Raises: WrongResult.
    """
    start = _started(partitions, folder / "start")
    # A broker of its own: the source topics have the same names for all.
    with LocalKafka() as kafka:
        published = publish(kafka.address, events, progress, partitions)
        for count in workers:
            drain = _drained(kafka.address, published, count, folder / f"workers-{count}")
            yield Scaled(partitions, count, published.events, start, drain)


def _started(partitions: int, folder: Path) -> Cost:
    folder.mkdir()
    with (
        LocalKafka() as kafka,
        clickhouse_beside(folder / "clickhouse") as clickhouse,
        Group(kafka.address, clickhouse, folder, partitions=partitions) as group,
    ):
        topics.create(group.settings, replication=1)
        return group.run("start", LIMIT_S, group.ready)


def _drained(broker: str, published: Published, workers: int, folder: Path) -> Cost:
    folder.mkdir()
    with (
        clickhouse_beside(folder / "clickhouse") as clickhouse,
        Group(broker, clickhouse, folder, workers, partitions=published.partitions) as group,
    ):
        topics.create(group.settings, replication=1)
        drain = group.run("drain", LIMIT_S, lambda: group.committed() >= published.events)
        expected = newest(published.rows, MAX_PATH)
        if (rows := rows_in(clickhouse)) != expected:
            wrong = len(rows ^ expected)
            raise WrongResult(
                f"{wrong:,} of {len(expected):,} rows are missing or wrong: "
                f"{workers} workers, {published.partitions} partitions."
            )
    return drain
