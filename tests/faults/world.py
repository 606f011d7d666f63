"""The services of the scenarios: a broker and a ClickHouse that can be killed, and the way between."""

import socket
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.commands import EXECUTABLE, environment
from kafka import KafkaAdminClient
from local_kafka import LocalKafka, free_ports
from waiting import delete_topics

from faults.proxy import Proxy
from sinks.connection import ClickHouse
from sinks.embedded import new_password
from sinks.migrate import migrate
from streams.kafka import topics
from streams.kafka.topic_rules import topics_of
from streams.settings import Settings

START_S = 120
#: Back to before 1970, as timestamps may be 0.
KEEP_DAYS = 30_000


class ClickHouseProcess:
    """A server of its own process, and the proxy that workers are told of."""

    def __init__(self, folder: Path) -> None:
        self.port, self.http_port = free_ports(2)
        #: One for all its lives, as workers are told of one.
        self.password = new_password()
        self.proxy = Proxy(self.port)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._folder / "clickhouse.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(EXECUTABLE, "clickhouse", self._folder / "clickhouse"),
                    *("--port", str(self.port), "--http-port", str(self.http_port)),
                ],
                env=environment({"ZHONGCAO_CLICKHOUSE_PASSWORD": self.password}),
                stderr=log,
                stdout=log,
            )
        deadline = time.monotonic() + START_S
        while not self._listens():
            assert self._process.poll() is None, (self._folder / "clickhouse.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self.proxy.cut()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class World:
    """Everything that scenarios share, one after another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kafka = LocalKafka()
        self.clickhouse = ClickHouseProcess(folder)

    def __enter__(self) -> Self:
        self.kafka.__enter__()
        self.clickhouse.start()
        self.clickhouse.proxy.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clickhouse.proxy.__exit__(kind, error, trace)
        self.clickhouse.kill()
        self.kafka.__exit__(kind, error, trace)

    def prepare(self, settings: Settings) -> ClickHouse:
        """Topics and tables without a row; the database, past the proxy."""
        self._without_topics(settings)
        # The messages have the timestamps of their days, which are long past.
        topics.create(settings, replication=1, source_days=KEEP_DAYS)
        database = ClickHouse(
            port=self.clickhouse.port,
            http_port=self.clickhouse.http_port,
            password=self.clickhouse.password,
            database=settings.clickhouse_database,
        )
        migrate(database)
        return database

    def clear(self, settings: Settings, database: ClickHouse) -> None:
        self._without_topics(settings)
        with replace(database, database="").client() as client:
            client.execute(f"DROP DATABASE `{database.database}`")

    def _without_topics(self, settings: Settings) -> None:
        with KafkaAdminClient(bootstrap_servers=settings.broker_hosts) as admin:
            there = {*admin.list_topics()} & {*topics_of(settings)}
            if there:
                delete_topics(admin, there)
