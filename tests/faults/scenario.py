"""One scenario, from its seed to what `verify` says."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from uuid import uuid4

from group_of_workers import lag_of, toml
from kafka import KafkaConsumer, KafkaProducer

from faults.crew import Crew, Member
from faults.kinds import KINDS, SPAN_S, Strike, impossible_here
from faults.proxy import Way
from faults.traffic import Published, traffic
from faults.world import World
from sinks.connection import ClickHouse
from streams.settings import Settings
from verify.check import Scope, check
from verify.compare import Verdict
from verify.report import UNSETTLED, Report

DRAIN_S = 180
PARTITIONS = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a scenario. wrong: empty if all is well."""

    seed: int
    faults: Sequence[str]
    workers: int
    seconds: float
    deaths: Counter[str]
    report: Report | None
    wrong: str


@dataclass(slots=True)
class Scenario:
    """Draws everything from its seed.

    kinds: the faults that strike; drawn as well if none are given.
    without: a guard that the workers lack.
    """

    world: World
    seed: int
    folder: Path
    kinds: Sequence[str] = ()
    without: str = ""
    settings: Settings = field(init=False)
    crew: Crew = field(init=False)
    database: ClickHouse = field(init=False)
    cleanups: list[Callable[[], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = Random(self.seed)
        self.settings = Settings(
            broker=f"kafka://{self.world.kafka.address}",
            group=f"faults-{self.seed}-{uuid4().hex[:6]}",
            partitions=PARTITIONS,
            lookback_days=rng.choice([3, 7, 30]),
            allowed_lateness_days=rng.choice([0, 3, 60]),
            clickhouse_port=self.world.clickhouse.proxy.port,
            clickhouse_password=self.world.clickhouse.password,
            clickhouse_database=f"faults_{self.seed}_{uuid4().hex[:6]}",
            batch_records=rng.choice([50, 300, 2_000]),
            sink_rows=rng.choice([500, 5_000]),
            sink_linger_ms=rng.choice([0, 100, 500]),
            session_timeout_s=3,
            clickhouse_timeout_s=3,
            memory_bytes=128 << 20,
        )
        if not self.kinds:
            possible = [kind for kind in KINDS if kind not in impossible_here()]
            self.kinds = sorted(rng.sample(possible, rng.choice([1, 2, 3])))

    def run(self) -> Outcome:
        """Strike, heal, drain, and check."""
        started, report, wrong = time.monotonic(), None, ""
        self.folder.mkdir(parents=True)
        with ExitStack() as stack:
            self.database = self.world.prepare(self.settings)
            stack.callback(self.world.clear, self.settings, self.database)
            config = self.folder / "zhongcao.toml"
            config.write_text(toml(self.settings))
            self.crew = Crew(config, self.folder, self.without)
            stack.callback(lambda: [cleanup() for cleanup in self.cleanups])
            stack.callback(self.crew.destroy)
            try:
                self._strike(Random(self.seed))
                self._drain()
                report = check(self.settings, self.database, Scope())
                wrong = what_is_wrong(report)
                if not wrong and (bad := self.crew.stop()):
                    wrong = f"{', '.join(bad)} did not end in good order"
            except TimeoutError as error:
                wrong = str(error)
            deaths = self.crew.deaths
        seconds = time.monotonic() - started
        workers = sum(not name.startswith("guest") for name in self.crew.members)
        return Outcome(self.seed, self.kinds, workers, seconds, deaths, report, wrong)

    def add_worker(self, name: str) -> None:
        member = Member(name, self.folder / name)
        member.data_dir.mkdir(parents=True)
        self.crew.add(member)

    def _strike(self, rng: Random) -> None:
        for number in range(rng.randint(1, 4)):
            self.add_worker(f"worker-{number}")
        strikes = [strike for kind in self.kinds for strike in KINDS[kind](self, rng)]
        strikes.sort(key=_when)
        messages = traffic(self.seed)
        publishing = Publishing(self.settings, messages, len(messages) / SPAN_S)
        publishing.start()
        start = time.monotonic()
        while strikes or publishing.is_alive():
            self.crew.supervise()
            while strikes and time.monotonic() - start >= strikes[0].at:
                strikes.pop(0).does()
            time.sleep(0.05)
        publishing.check()
        self.world.clickhouse.proxy.set(Way.OPEN)
        self.crew.settle()

    def _drain(self) -> None:
        deadline = time.monotonic() + DRAIN_S
        with KafkaConsumer(
            bootstrap_servers=self.settings.broker_hosts, group_id=self.settings.group
        ) as consumer:
            while lag := lag_of(consumer, self.settings):
                self.crew.supervise()
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{lag} messages were not committed within {DRAIN_S} s")
                time.sleep(0.3)


class Publishing(threading.Thread):
    """Publishes so many messages a second, and waits for Kafka where it is away.

    sent: how many went so far.
    """

    def __init__(self, settings: Settings, messages: Iterable[Published], rate: float) -> None:
        super().__init__(daemon=True)
        self.sent = 0
        self._messages = messages
        self._rate = rate
        self._failed: list[BaseException] = []
        self._producer = KafkaProducer(
            bootstrap_servers=settings.broker_hosts,
            acks="all",
            retries=1_000,
            delivery_timeout_ms=120_000,
            linger_ms=20,
            compression_type="lz4",
        )

    def run(self) -> None:
        start = time.monotonic()
        for message in self._messages:
            wait = start + self.sent / self._rate - time.monotonic()
            if wait > 0.01:
                time.sleep(wait)
            self._producer.send(
                message.topic, message.value, message.key, timestamp_ms=message.timestamp
            ).add_errback(self._failed.append)
            self.sent += 1
        self._producer.flush()
        self._producer.close()

    def check(self) -> None:
        """Raise what went wrong."""
        if self._failed:
            raise self._failed[0]


def _when(strike: Strike) -> float:
    return strike.at


def what_is_wrong(report: Report) -> str:
    """Empty if the tables are equal and everybody was looked at."""
    if report.verdict is Verdict.NOTHING:
        return f"nothing was compared: {' '.join(report.sentences())}"
    if not report.equal:
        return "; ".join(
            f"{name}: "
            + ", ".join(f"{count} {kind}" for kind, count in found.wrong.items() if count)
            for name, found in report.tables.items()
            if found.verdict is Verdict.NOT_EQUAL
        )
    if report.skipped.get(UNSETTLED):
        return f"{report.skipped[UNSETTLED]} users have messages that are not committed"
    return ""
