"""`zhongcao rebuild` while faults strike, and states that are lost together with their changelog."""

import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from cli.commands import EXECUTABLE, environment
from kafka import KafkaAdminClient
from waiting import delete_topics

from faults.crew import Crew
from streams.kafka import topics
from streams.settings import Settings

#: How long a rebuild may take, and states to be made anew, whatever else happens.
REBUILD_S, STATES_S = 60, 150


class Rebuilds:
    """Those of a scenario. seen: what they came to."""

    def __init__(self, settings: Settings, crew: Crew, config: Path, source_days: int) -> None:
        self.seen = Counter[str]()
        self._settings, self._crew, self._config = settings, crew, config
        self._source_days = source_days
        self._log = config.with_name("rebuilds.log")
        self._threads: list[threading.Thread] = []
        self._lost = threading.Event()

    def of_rows(self, late: bool) -> None:
        """Beside the workers. What is away may make it fail, with a sentence."""
        self._meanwhile(lambda: self._run(*(["--late"] if late else [])))

    def after_a_loss(self, rng: Random) -> None:
        """All states and their changelog are gone at once. The first attempt to make them anew may be killed."""
        dies_after_s = rng.choice([None, rng.uniform(1, 4)])
        self._lost.set()
        self._meanwhile(lambda: self._lose(dies_after_s))

    def finish(self) -> str:
        """Wait for all; what is wrong, empty if nothing is."""
        for thread in self._threads:
            thread.join(STATES_S + REBUILD_S)
        if any(thread.is_alive() for thread in self._threads) or self._lost.is_set():
            return f"the states were not made anew: {self._log.read_text()[-2000:]}"
        told = self._log.read_text() if self._log.exists() else ""
        return "a rebuild failed without a sentence" if "Traceback" in told else ""

    def _meanwhile(self, does: Callable[[], object]) -> None:
        self._threads.append(threading.Thread(target=does, daemon=True))
        self._threads[-1].start()

    def _run(self, *args: str, dies_after_s: float | None = None) -> bool:
        """Whether it came to its end."""
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [EXECUTABLE, "rebuild", *args, "--config", str(self._config)],
                env=environment({}),
                stdout=log,
                stderr=log,
            )
            try:
                done = process.wait(dies_after_s or REBUILD_S) == 0
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                done = False
        what = "states" if "--state" in args else "rows"
        self.seen[f"rebuilds of {what} that {'were done' if done else 'were not'}"] += 1
        return done

    def _lose(self, dies_after_s: float | None) -> None:
        deadline = time.monotonic() + STATES_S
        self._crew.hold()
        for member in self._crew.members.values():
            shutil.rmtree(member.data_dir / "state", ignore_errors=True)
        while time.monotonic() < deadline:
            try:
                with KafkaAdminClient(bootstrap_servers=self._settings.broker_hosts) as admin:
                    if self._settings.changelog_topic in admin.list_topics():
                        delete_topics(admin, [self._settings.changelog_topic])
                topics.create(self._settings, replication=1, source_days=self._source_days)
                break
            except Exception:  # Kafka may be away at that moment
                time.sleep(1)
        while time.monotonic() < deadline:
            if self._run("--state", dies_after_s=dies_after_s):
                self._lost.clear()
                break
            dies_after_s = None
            time.sleep(1)
        self._crew.release()
