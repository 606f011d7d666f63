"""One worker whose states have a size: it recovers them, starts with them, and drains events over them.

RocksDB goes on compacting after a recovery, and would do so at the cost of what is measured next. So a worker runs for
nothing until the files stay as they are.
"""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from local_kafka import LocalKafka

from bench.growth.crowd import Crowd
from bench.growth.events import publish
from bench.growth.fill import fill
from bench.growth.found import Grown
from bench.measured import Cost
from bench.worker import Group, WrongResult, clickhouse_beside
from sinks.connection import ClickHouse
from streams.kafka import topics

#: A store whose files have not changed for so long has nothing left to do.
SETTLED_S: Final = 3.0
#: What is going on, how far it has come, and how far it goes.
Tell = Callable[[str, int, int], object]


class Grower:
    """One size on its way to being measured: a broker and ClickHouse of its own, and workers one after another."""

    def __init__(
        self, kafka: LocalKafka, clickhouse: ClickHouse, group: Group, crowd: Crowd, limit_s: float
    ) -> None:
        self._address = kafka.address
        self._clickhouse = clickhouse
        self._group = group
        self._crowd = crowd
        self._limit_s = limit_s

    def grow(self, tell: Tell) -> Grown:
        """Fill, and measure. Raises: WrongResult."""
        crowd, settings = self._crowd, self._group.settings
        topics.create(settings, replication=1)
        entries = fill(
            self._address, settings, crowd, lambda done: tell("filling", done, crowd.touches)
        )
        tell("recovering", 0, crowd.touches)
        recovery = self._run(
            "recovery", lambda: self._restored() >= entries and self._group.ready()
        )
        if (restored := self._restored()) != entries:
            raise WrongResult(f"{restored:,} entries were restored, but {entries:,} were written.")
        tell("settling", 0, crowd.touches)
        still = Still(settings.data_dir)
        settling = self._run("settling", lambda: self._group.ready() and still.for_s() >= SETTLED_S)
        tell("starting", 0, crowd.touches)
        start = self._run("start", self._group.ready)
        paid = publish(self._address, crowd, lambda done: tell("publishing", done, crowd.events))
        tell("draining", 0, crowd.events)
        drain = self._run("drain", lambda: self._group.committed() >= crowd.events)
        paths = self._check(paid)
        tell("measured", crowd.events, crowd.events)
        disk_bytes = sum(sizes_in(settings.data_dir).values())
        return Grown(
            crowd.touches, crowd.events, recovery, settling, start, drain, disk_bytes, paths
        )

    def _run(self, name: str, done: Callable[[], bool]) -> Cost:
        return self._group.run(name, self._limit_s, done)

    def _restored(self) -> int:
        """How many entries the worker says that it has restored."""
        told = re.findall(r"restored ([\d,]+) events", self._group.told("recovery"))
        return sum(int(count.replace(",", "")) for count in told)

    def _check(self, paid: int) -> int:
        """Each paid sub-order has its conversion, and a path, as it refers to a touch; the length of all paths."""
        query = "SELECT count(), countIf(empty(`path.note_id`)), sum(length(`path.note_id`)) FROM current_conversions"
        with self._clickhouse.client() as client:
            found: list[Any] = client.execute(query)
        [(conversions, without, paths)] = found
        if conversions != paid:
            raise WrongResult(f"{paid:,} sub-orders were paid, but there are {conversions:,} rows.")
        if without or not paths:
            raise WrongResult(f"{without:,} of {conversions:,} conversions have no path.")
        return int(paths)


class Still:
    """For how long the tables of the stores in a folder have stayed as they are."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._seen: dict[Path, int] = {}
        self._since = clock()

    def for_s(self) -> float:
        """Seconds since they were first seen as they are. Ask again and again."""
        if (seen := sizes_in(self._folder, "*.sst")) != self._seen:
            self._seen, self._since = seen, self._clock()
        return self._clock() - self._since


def sizes_in(folder: Path, pattern: str = "*") -> dict[Path, int]:
    """The files below a folder, with their sizes in bytes; some may go while we look."""
    found = {}
    for file in folder.rglob(pattern):
        with suppress(FileNotFoundError):
            if file.is_file():
                found[file] = file.stat().st_size
    return found


def grow(crowd: Crowd, folder: Path, limit_s: float, tell: Tell) -> Grown:
    """Measure a worker with the touches of a crowd in its states.

    folder: empty. limit_s: how long a worker may take. Raises: WrongResult.
    """
    # A broker of its own: the source topics have the same names for all.
    with (
        LocalKafka() as kafka,
        clickhouse_beside(folder / "clickhouse") as clickhouse,
        Group(kafka.address, clickhouse, folder, partitions=crowd.partitions) as group,
    ):
        return Grower(kafka, clickhouse, group, crowd, limit_s).grow(tell)
