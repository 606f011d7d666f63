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
from urllib.request import urlopen

from kafka.admin import KafkaAdminClient
from local_kafka import LocalKafka, free_port

from bench.growth.crowd import Crowd
from bench.growth.events import publish
from bench.growth.fill import fill
from bench.growth.found import Grown
from bench.measured import Cost, run
from bench.worker import ZHONGCAO, clickhouse_beside, committed, environment_of
from sinks.connection import ClickHouse
from streams.kafka import topics
from streams.settings import Settings

PROBE_S: Final = 2.0
#: A store whose files have not changed for so long has nothing left to do.
SETTLED_S: Final = 3.0
#: What is going on, how far it has come, and how far it goes.
Tell = Callable[[str, int, int], object]


class WrongResult(Exception):
    """A worker did not do the work that was measured; the text says what is wrong."""


class Grower:
    """One size on its way to being measured: a broker and ClickHouse of its own, and workers one after another."""

    def __init__(
        self, kafka: LocalKafka, clickhouse: ClickHouse, crowd: Crowd, folder: Path, limit_s: float
    ) -> None:
        self._address = kafka.address
        self._clickhouse = clickhouse
        self._crowd = crowd
        self._folder = folder
        self._limit_s = limit_s
        self._settings = Settings(
            broker=f"kafka://{kafka.address}",
            group=f"growth-{time.time_ns()}",
            partitions=crowd.partitions,
            data_dir=folder / "data",
            clickhouse_port=clickhouse.port,
            clickhouse_http_port=clickhouse.http_port,
            web_port=free_port(),
        )

    def grow(self, tell: Tell) -> Grown:
        """Fill, and measure. Raises: WrongResult."""
        crowd, settings = self._crowd, self._settings
        topics.create(settings, replication=1)
        entries = fill(
            self._address, settings, crowd, lambda done: tell("filling", done, crowd.touches)
        )
        tell("recovering", 0, crowd.touches)
        recovery = self._run("recovery", lambda: self._restored() >= entries and self._ready())
        if (restored := self._restored()) != entries:
            raise WrongResult(f"{restored:,} entries were restored, but {entries:,} were written.")
        tell("settling", 0, crowd.touches)
        still = Still(settings.data_dir)
        settling = self._run("settling", lambda: self._ready() and still.for_s() >= SETTLED_S)
        tell("starting", 0, crowd.touches)
        start = self._run("start", self._ready)
        paid = publish(self._address, crowd, lambda done: tell("publishing", done, crowd.events))
        tell("draining", 0, crowd.events)
        drain = self._drain()
        paths = self._check(paid)
        tell("measured", crowd.events, crowd.events)
        disk_bytes = sum(sizes_in(settings.data_dir).values())
        return Grown(
            crowd.touches, crowd.events, recovery, settling, start, drain, disk_bytes, paths
        )

    def _drain(self) -> Cost:
        group, events = self._settings.group, self._crowd.events
        admin = KafkaAdminClient(bootstrap_servers=self._address)
        try:
            return self._run("drain", lambda: committed(admin, group) >= events)
        finally:
            admin.close()

    def _run(self, name: str, done: Callable[[], bool]) -> Cost:
        """A worker until it is done. Raises: WrongResult, if it fails or the time is up."""
        log = self._log(name)
        command, environment = [str(ZHONGCAO), "worker"], environment_of(self._settings)
        cost = run(command, environment, log, self._limit_s, done)
        if cost.code != 0:
            why = "took too long" if cost.code is None else f"ended with {cost.code}"
            raise WrongResult(f"The worker {why} ({name}):\n{log.read_text()[-2000:]}")
        return cost

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _restored(self) -> int:
        """How many entries the worker says that it has restored."""
        told = re.findall(r"restored ([\d,]+) events", self._log("recovery").read_text())
        return sum(int(count.replace(",", "")) for count in told)

    def _ready(self) -> bool:
        try:
            urlopen(f"http://127.0.0.1:{self._settings.web_port}/ready", timeout=PROBE_S).close()
        except OSError:
            return False
        return True

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
    with LocalKafka() as kafka, clickhouse_beside(folder / "clickhouse") as clickhouse:
        return Grower(kafka, clickhouse, crowd, folder, limit_s).grow(tell)
