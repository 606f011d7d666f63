"""Worker processes of one group, as an operator runs them: each with a data folder of its own."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.commands import EXECUTABLE, Zhongcao, environment
from kafka import KafkaConsumer, TopicPartition

from schemas.topics import SOURCE_TOPICS
from sinks.connection import ClickHouse
from streams.settings import Settings

STOP_S = 120


class Workers:
    """Starts and stops `zhongcao worker`; whatever still runs at the end is killed.

    log: what a worker said on stderr, by name.
    static: their names are their instance ids.
    """

    def __init__(
        self, settings: Settings, clickhouse: ClickHouse, folder: Path, static: bool = False
    ) -> None:
        self.settings = settings
        self.folder = folder
        self._static = static
        self.config = folder / "zhongcao.toml"
        self.config.write_text(
            toml(
                replace(
                    settings,
                    clickhouse_port=clickhouse.port,
                    clickhouse_http_port=clickhouse.http_port,
                    clickhouse_database=clickhouse.database,
                )
            )
        )
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        for name in names:
            with self._log(name).open("ab") as log:
                self._running[name] = subprocess.Popen(
                    [EXECUTABLE, "worker", "--config", str(self.config)],
                    env=environment(
                        {
                            "ZHONGCAO_DATA_DIR": str(self.data_dir(name)),
                            **({"ZHONGCAO_INSTANCE_ID": name} if self._static else {}),
                            "ZHONGCAO_STOP_TIMEOUT_S": str(STOP_S),
                        }
                    ),
                    stdout=log,
                    stderr=log,
                )

    def stop(self, *names: str) -> None:
        """As an orchestrator does; each must leave in good order."""
        for name in names:
            self._running[name].send_signal(signal.SIGTERM)
        for name in names:
            assert self._running.pop(name).wait(STOP_S) == 0, self.log(name)

    def forget(self, name: str) -> "subprocess.Popen[bytes]":
        """Leave a worker that runs to the caller: it may end by itself."""
        return self._running.pop(name)

    def publish(self, events: int) -> None:
        """Traffic of the generator."""
        zhongcao = Zhongcao(self.folder)
        zhongcao.ok("generate", "--events", str(events), "--output", "events.jsonl")
        broker = {
            "ZHONGCAO_BROKER": self.settings.broker,
            "ZHONGCAO_PARTITIONS": str(self.settings.partitions),
        }
        done = zhongcao("replay", "events.jsonl", "--format", "jsonl", **broker)
        assert done.returncode == 0, done.stderr

    def pause(self, name: str) -> None:
        """As a machine that hangs."""
        self._running[name].send_signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        self._running[name].send_signal(signal.SIGCONT)

    def check(self) -> None:
        """All that were started and not stopped must run."""
        for name, process in self._running.items():
            assert process.poll() is None, f"{name} stopped by itself:\n{self.log(name)}"

    def data_dir(self, name: str) -> Path:
        return self.folder / name

    def log(self, name: str) -> str:
        return self._log(name).read_text()

    def until(self, condition: Callable[[], bool], within_s: float) -> None:
        """Wait; fail if a worker stops meanwhile."""
        deadline = time.monotonic() + within_s
        while not condition():
            self.check()
            assert time.monotonic() < deadline, {name: self.log(name) for name in self._running}
            time.sleep(0.25)

    def lag(self) -> int:
        """Records that the group has not committed."""
        with KafkaConsumer(
            bootstrap_servers=self.settings.broker_hosts, group_id=self.settings.group
        ) as consumer:
            return lag_of(consumer, self.settings)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()


def lag_of(consumer: KafkaConsumer, settings: Settings) -> int:
    """Records that the group of a consumer has not committed."""
    tps = [TopicPartition(topic, n) for topic in SOURCE_TOPICS for n in range(settings.partitions)]
    ends = consumer.end_offsets(tps)
    return sum(end - (consumer.committed(tp) or 0) for tp, end in ends.items())


def toml(settings: Settings) -> str:
    """A configuration file with everything that differs from the defaults, but for the folder of the data."""
    values = {
        field.name: getattr(settings, field.name)
        for field in fields(settings)
        if getattr(settings, field.name) != field.default and field.name != "data_dir"
    }
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
