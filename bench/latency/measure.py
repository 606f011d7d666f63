"""One worker under a load that does not wait for it, watched through ClickHouse."""

import json
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from local_kafka import LocalKafka

from bench.environments import environment
from bench.latency import messages
from bench.latency.found import Late, Measured
from bench.latency.load import Load, topics_in_order
from bench.latency.prober import Prober, Shown
from bench.latency.profiles import PROFILES
from bench.measured import Tree
from bench.worker import Group, WrongResult, clickhouse_beside
from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.topics import SOURCE_TOPICS
from sinks.connection import ClickHouse
from streams.kafka import topics

#: What the worker's run is called.
RUN: Final = "load"
SENDER: Final = Path(__file__).with_name("sender.py")
READY_S: Final = 120
#: Events that are encoded in a second, at least, and what a sender takes to start, s.
ENCODED_PER_S: Final = 150_000
SENDER_STARTS_S: Final = 3
#: The worker is looked at so often, s, and the group's offsets so often.
LOOK_S: Final = 0.25
COMMITTED_S: Final = 0.5
#: What is going on, how far it has come, and how far it goes.
Tell = Callable[[str, float, float], object]


class Course:
    """A worker and a load on their way to being measured, with a broker and ClickHouse of their own.

    seconds: how long the load is measured, after warm_up_s. limit_s: how long rows may take after the load's end.
    """

    def __init__(
        self,
        address: str,
        clickhouse: ClickHouse,
        group: Group,
        folder: Path,
        profile: str,
        rate: int,
        seconds: float,
        warm_up_s: float,
        limit_s: float,
    ) -> None:
        self._address = address
        self._clickhouse = clickhouse
        self._group = group
        self._folder = folder
        self._profile = profile
        self._rate = rate
        self._load_s = warm_up_s + seconds
        self._warm_up_s = warm_up_s
        self._limit_s = limit_s
        self._python = environment("librdkafka").python

    def run(self, tell: Tell) -> Measured:
        """Start a worker, load it, and watch. Raises: WrongResult."""
        topics.create(self._group.settings, replication=1)
        tell("starting", 0, self._load_s)
        [command] = self._group.commands(RUN)
        worker = command.start()
        try:
            self._wait_until_ready(worker)
            return self._loaded(worker, tell)
        finally:
            worker.stop()

    def _wait_until_ready(self, worker: Tree) -> None:
        deadline = time.monotonic() + READY_S
        while not self._group.ready():
            if worker.code is not None or time.monotonic() > deadline:
                raise WrongResult(f"The worker did not start:\n{self._group.told(RUN)[-2000:]}")
            time.sleep(0.2)

    def _loaded(self, worker: Tree, tell: Tell) -> Measured:
        tell("encoding", 0, self._load_s)
        ahead_s = SENDER_STARTS_S + self._rate * self._load_s / ENCODED_PER_S
        began_ms = int((time.time() + ahead_s) * 1000)
        load = Load(self._rate, self._load_s, self._group.settings.partitions, began_ms)
        sender = self._sender(load)
        try:
            with self._clickhouse.client() as client:
                prober = Prober(client, load)
                if time.time() > began_ms / 1000 - SENDER_STARTS_S / 2:
                    raise WrongResult("The messages were not encoded in time: the machine is busy.")
                used_s = self._watch(prober, load, worker, sender, tell)
        finally:
            sender.kill()
            sender.wait()
        return Measured(
            self._profile,
            self._rate,
            load.touches,
            self._after_warm_up(prober.touches.shown),
            self._after_warm_up(prober.conversions.shown),
            *self._late(),
            prober.resolution_s,
            used_s,
            worker.memory_bytes,
        )

    def _late(self) -> tuple[Late, Late]:
        told = json.loads((self._folder / "plan.late.json").read_text())
        return Late(**told["sent"]), Late(**told["acknowledged"])

    def _sender(self, load: Load) -> subprocess.Popen[bytes]:
        codec = Codec(DirectoryRegistry())
        files = [
            {"name": topic, **asdict(messages.write(codec, load, topic, self._folder / topic))}
            for topic in SOURCE_TOPICS
        ]
        plan: dict[str, Any] = {
            "broker": self._address,
            "rate": load.rate,
            "began_s": load.began_ms / 1000,
            "warm_up_s": self._warm_up_s,
            "events": load.touches,
            "order": topics_in_order(),
            "topics": files,
        }
        file = self._folder / "plan.json"
        file.write_text(json.dumps(plan, default=str))
        return subprocess.Popen([self._python, SENDER, file])

    def _watch(
        self, prober: Prober, load: Load, worker: Tree, sender: subprocess.Popen[bytes], tell: Tell
    ) -> float:
        """Until all rows are there and all is committed; the processor time of the worker, s."""
        began_s = load.began_ms / 1000
        worker.look()
        before_s, looked_s = worker.cpu_s, time.time()

        def meanwhile() -> bool:
            nonlocal looked_s
            now = time.time()
            if now - looked_s > LOOK_S:
                looked_s = now
                worker.look()
                tell("loaded", max(now - began_s, 0), self._load_s)
            failed = worker.code is not None or sender.poll() not in (0, None)
            return failed or now > began_s + self._load_s + self._limit_s

        prober.watch(meanwhile)
        worker.look()
        used_s = worker.cpu_s - before_s
        if sender.wait(self._limit_s):
            raise WrongResult("The sender could not publish all events.")
        if worker.code is not None:
            raise WrongResult(
                f"The worker ended with {worker.code}:\n{self._group.told(RUN)[-2000:]}"
            )
        if prober.missing:
            raise WrongResult(
                f"{prober.missing:,} of {prober.missing + len(prober.shown):,} rows did not come within "
                f"{self._limit_s:g} s after the load had ended."
            )
        self._check_committed(load)
        return used_s

    def _check_committed(self, load: Load) -> None:
        """All events were published and are done with."""
        deadline = time.monotonic() + self._limit_s
        while (done := self._group.committed()) != load.touches:
            if time.monotonic() > deadline:
                raise WrongResult(f"{done:,} of {load.touches:,} events were committed.")
            time.sleep(COMMITTED_S)

    def _after_warm_up(self, shown: Sequence[Shown]) -> list[Shown]:
        return [one for one in shown if one.planned_s >= self._warm_up_s]


def measure(
    profile: str,
    rate: int,
    seconds: float,
    warm_up_s: float,
    partitions: int,
    limit_s: float,
    folder: Path,
    tell: Tell,
) -> Measured:
    """Measure a worker with the settings of a profile at a rate. folder: empty. Raises: WrongResult."""
    with (
        LocalKafka() as kafka,
        clickhouse_beside(folder / "clickhouse") as clickhouse,
        Group(
            kafka.address, clickhouse, folder, partitions=partitions, **PROFILES[profile]
        ) as group,
    ):
        course = Course(
            *(kafka.address, clickhouse, group, folder, profile, rate),
            *(seconds, warm_up_s, limit_s),
        )
        return course.run(tell)
