"""One scenario, from its seed to what `verify` says."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from uuid import uuid4

from group_of_workers import lag_of, toml
from kafka import KafkaConsumer, KafkaProducer

from faults.crew import Crew, Member
from faults.expiry import Expiry
from faults.former import FORMER_USER, LATENESS_DAYS, LOOKBACK_DAYS
from faults.kinds import FORMER, HOT, KINDS, SPAN_S, Strike, impossible_here
from faults.poison import poisoned, without_keys
from faults.proxy import Way
from faults.rebuilds import Rebuilds
from faults.traffic import Published, traffic
from faults.world import KEEP_DAYS, World
from sinks.connection import ClickHouse
from streams.settings import Settings
from verify.check import Scope, check
from verify.compare import Verdict
from verify.report import UNSETTLED, Report

DRAIN_S = 180
#: How long workers have to read all that there is, in the middle.
READ_S = 30
PARTITIONS = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a scenario. wrong: empty if all is well. seen: what the faults have brought about, counted."""

    seed: int
    faults: Sequence[str]
    workers: int
    seconds: float
    deaths: Counter[str]
    report: Report | None
    wrong: str
    seen: Counter[str]


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
    expiry: Expiry = field(init=False)
    rebuilds: Rebuilds = field(init=False)
    messages: list[Published] = field(init=False)
    publishing: "Publishing" = field(init=False)
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
        if HOT in self.kinds:
            limits = {
                "crowded_touches": rng.choice([30, 80]),
                "crowded_sub_orders": rng.choice([5, 10]),
            }
            self.settings = replace(self.settings, **limits)
        if FORMER in self.kinds:
            days = {"lookback_days": LOOKBACK_DAYS, "allowed_lateness_days": LATENESS_DAYS}
            self.settings = replace(self.settings, **days)
        self.expiry = Expiry(self.settings)

    def run(self) -> Outcome:
        """Strike, heal, drain, and check."""
        started, report, wrong, seen = time.monotonic(), None, "", Counter[str]()
        self.folder.mkdir(parents=True)
        with ExitStack() as stack:
            self.database = self.world.prepare(self.settings)
            stack.callback(self.world.clear, self.settings, self.database)
            config = self.folder / "zhongcao.toml"
            config.write_text(toml(self.settings))
            self.crew = Crew(config, self.folder, self.without)
            self.rebuilds = Rebuilds(self.settings, self.crew, config, KEEP_DAYS)
            stack.callback(lambda: [cleanup() for cleanup in self.cleanups])
            stack.callback(self.crew.destroy)
            try:
                self._strike(Random(self.seed))
                if wrong := self.rebuilds.finish():
                    raise TimeoutError(wrong)
                self._drain()
                with self.expiry.remembered():
                    report = check(self.settings, self.database, Scope())
                wrong = what_is_wrong(report) or self.expiry.told_otherwise(self.database)
                seen = self.expiry.seen() + seen_in(self.database) + self.rebuilds.seen
                if not wrong and (bad := self.crew.stop()):
                    wrong = f"{', '.join(bad)} did not end in good order"
            except TimeoutError as error:
                wrong = str(error)
            deaths = self.crew.deaths
        seconds = time.monotonic() - started
        workers = sum(not name.startswith("guest") for name in self.crew.members)
        return Outcome(self.seed, self.kinds, workers, seconds, deaths, report, wrong, seen)

    def add_worker(self, name: str) -> None:
        member = Member(name, self.folder / name)
        member.data_dir.mkdir(parents=True)
        self.crew.add(member)

    def while_kafka_runs(self, does: Callable[[Random], object], rng: Random) -> None:
        """Nothing is done while the broker is away."""
        if self.world.kafka.runs:
            does(rng)

    def let_expire_unread(self, rng: Random) -> None:
        """Delete what nobody has read, if all that came before can be read at all in the meantime."""
        self.publishing.flows.clear()
        try:
            self._drain(READ_S)
            self.crew.hold()
            self._drain(0)
        except TimeoutError:
            does = self.expiry.of_read
        else:
            does = self.expiry.of_unread
        self.publishing.flows.set()
        time.sleep(rng.uniform(1, 3))
        does(rng)
        self.crew.release()

    def _poison(self, rng: Random) -> Iterator[Strike]:
        for at in (rng.uniform(2, SPAN_S), rng.uniform(2, SPAN_S)):
            yield Strike(at, lambda: self.while_kafka_runs(self._publish_poison, rng))

    def _publish_poison(self, rng: Random) -> None:
        poisoned(rng, self.settings, self.messages[: self.publishing.sent])

    def _strike(self, rng: Random) -> None:
        for number in range(rng.randint(1, 4)):
            self.add_worker(f"worker-{number}")
        strikes = [strike for kind in self.kinds for strike in KINDS[kind](self, rng)]
        strikes += self._poison(Random(self.seed))
        strikes.sort(key=_when)
        self.messages = messages = traffic(self.seed, HOT in self.kinds)
        self.publishing = publishing = Publishing(self.settings, messages, len(messages) / SPAN_S)
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
        self._start_on_junk(rng)

    def _start_on_junk(self, rng: Random) -> None:
        """All workers start once more, and the newest of a topic has no keys."""
        without_keys(rng, self.settings)
        for name in self.crew.members:
            self.crew.kill(name)

    def _drain(self, within_s: float = DRAIN_S) -> None:
        deadline = time.monotonic() + within_s
        with KafkaConsumer(
            bootstrap_servers=self.settings.broker_hosts, group_id=self.settings.group
        ) as consumer:
            while lag := lag_of(consumer, self.settings):
                self.crew.supervise()
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{lag} messages were not committed within {within_s} s")
                time.sleep(0.3)


class Publishing(threading.Thread):
    """Publishes so many messages a second, and waits for Kafka where it is away.

    sent: how many went so far. flows: none goes while it is not set.
    """

    def __init__(self, settings: Settings, messages: Iterable[Published], rate: float) -> None:
        super().__init__(daemon=True)
        self.sent = 0
        self._messages = messages
        self.flows = threading.Event()
        self.flows.set()
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
            self.flows.wait()
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


def seen_in(database: ClickHouse) -> Counter[str]:
    """What can be told by the tables alone."""
    with database.client() as client:
        [(crowded, former)] = client.execute(
            "SELECT countIf(path_truncated AND empty(`path.kind`)), "
            "countIf(user_id = %(former)s AND notEmpty(`path.kind`)) FROM current_conversions",
            {"former": FORMER_USER},
        )
    return Counter(
        {
            "conversions of crowded users": crowded,
            "conversions with touches of a former version": former,
        }
    )


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
