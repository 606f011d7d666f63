"""A zhongcao worker to be measured, and ClickHouse in a process beside it."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

from kafka.admin import KafkaAdminClient
from kafka.errors import RetriableError
from local_kafka import free_port

from schemas.errors import SinkError
from schemas.topics import SOURCE_TOPICS
from sinks.connection import ClickHouse
from sinks.migrate import missing
from streams.settings import Settings

ZHONGCAO: Final = Path(sys.executable).with_name("zhongcao")


@contextmanager
def clickhouse_beside(folder: Path) -> Iterator[ClickHouse]:
    """A server in a process of its own."""
    connection = ClickHouse(port=free_port(), http_port=free_port())
    ports = ["--port", str(connection.port), "--http-port", str(connection.http_port)]
    server = subprocess.Popen(
        [str(ZHONGCAO), "clickhouse", str(folder), *ports], stderr=subprocess.DEVNULL
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


def environment_of(settings: Settings) -> dict[str, str]:
    """The variables by which a worker has these settings."""
    return {
        f"ZHONGCAO_{name.upper()}": str(value)
        for name, value in asdict(settings).items()
        if value != getattr(Settings, name, None)
    }


def committed(admin: KafkaAdminClient, group: str) -> int:
    """How many source records the group has done with."""
    try:
        offsets = admin.list_group_offsets(group).get(group, {})
    except RetriableError:
        return 0  # the broker is not ready for groups yet
    return sum(found.offset for place, found in offsets.items() if place.topic in SOURCE_TOPICS)
