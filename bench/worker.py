"""zhongcao workers to be measured, and ClickHouse in a process beside them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.request import urlopen

from kafka.admin import KafkaAdminClient
from kafka.errors import RetriableError
from local_kafka import free_port

from bench.measured import Command, Cost, run_all, touch_memory
from schemas.errors import SinkError
from schemas.topics import SOURCE_TOPICS
from sinks.connection import ClickHouse
from sinks.embedded import new_password
from sinks.migrate import missing
from streams.settings import Settings

ZHONGCAO: Final = Path(sys.executable).with_name("zhongcao")
#: What runs a worker, as everywhere.
WORKER: Final = (str(ZHONGCAO), "worker")
PROBE_S: Final = 2.0


class WrongResult(Exception):
    """A worker did not do the work that was measured; the text says what is wrong."""


class Group:
    """The workers of a group, each with folders of its own, while inside. Its topics are not created here.

    settings: what all have in common beside where Kafka and ClickHouse are.
    """

    def __init__(
        self, broker: str, clickhouse: ClickHouse, folder: Path, workers: int = 1, **settings: Any
    ) -> None:
        self._folder = folder
        common = Settings(
            broker=f"kafka://{broker}",
            group=f"bench-{time.time_ns()}",
            clickhouse_port=clickhouse.port,
            clickhouse_http_port=clickhouse.http_port,
            clickhouse_password=clickhouse.password,
            **settings,
        )
        self._each = [
            replace(common, data_dir=folder / f"data-{number}", web_port=free_port())
            for number in range(workers)
        ]
        self._admin = KafkaAdminClient(bootstrap_servers=broker)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._admin.close()

    @property
    def settings(self) -> Settings:
        """Those of the first worker."""
        return self._each[0]

    def run(
        self,
        name: str,
        limit_s: float,
        done: Callable[[], bool],
        command: Sequence[str] = WORKER,
    ) -> Cost:
        """All of them until it is done; what they cost together.

        name: of this run, for the logs. command: what runs a worker.
        Raises: WrongResult, if one fails or the time is up.
        """
        touch_memory()
        cost = run_all(self.commands(name, command), limit_s, done)
        if cost.code != 0:
            why = "took too long" if cost.code is None else f"ended with {cost.code}"
            raise WrongResult(f"A worker {why} ({name}):\n{self.told(name)[-2000:]}")
        return cost

    def commands(self, name: str, command: Sequence[str] = WORKER) -> list[Command]:
        """What runs each of them. name: of this run, for the logs."""
        return [
            Command(command, _environment(settings), self._log(name, number))
            for number, settings in enumerate(self._each)
        ]

    def told(self, name: str) -> str:
        """What the workers have logged in a run."""
        return "".join(self._log(name, number).read_text() for number in range(len(self._each)))

    def committed(self) -> int:
        """How many source records the group has done with."""
        group = self.settings.group
        try:
            offsets = self._admin.list_group_offsets(group).get(group, {})
        except RetriableError:
            return 0  # the broker is not ready for groups yet
        return sum(found.offset for place, found in offsets.items() if place.topic in SOURCE_TOPICS)

    def ready(self) -> bool:
        """Are all of them?"""
        return all(_is_ready(settings) for settings in self._each)

    def _log(self, name: str, number: int) -> Path:
        return self._folder / f"{name}-{number}.log"


def _environment(settings: Settings) -> dict[str, str]:
    """The variables by which a worker has these settings."""
    return {f"ZHONGCAO_{name.upper()}": str(value) for name, value in asdict(settings).items()}


def _is_ready(settings: Settings) -> bool:
    try:
        urlopen(f"http://127.0.0.1:{settings.web_port}/ready", timeout=PROBE_S).close()
    except OSError:
        return False
    return True


@contextmanager
def clickhouse_beside(folder: Path) -> Iterator[ClickHouse]:
    """A server in a process of its own."""
    connection = ClickHouse(port=free_port(), http_port=free_port(), password=new_password())
    ports = ["--port", str(connection.port), "--http-port", str(connection.http_port)]
    server = subprocess.Popen(
        [str(ZHONGCAO), "clickhouse", str(folder), *ports],
        env=dict(os.environ) | {"ZHONGCAO_CLICKHOUSE_PASSWORD": connection.password},
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(connection)
        yield connection
    finally:
        server.terminate()
        server.wait()


def _wait_for(connection: ClickHouse) -> None:
    """Until it listens and has its tables."""
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection((connection.host, connection.port)).close()
            if not missing(connection):
                return
        except (OSError, SinkError):
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)
