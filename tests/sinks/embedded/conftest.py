"""Clients of the shared server. chDB opens one folder per process, so tests that start servers run in processes of
their own."""

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from clickhouse_driver import Client
from embedded_clients import ROOT, Connect, Reply, Request, Run

from sinks.connection import ClickHouse


@pytest.fixture
def database(clickhouse: ClickHouse) -> Iterator[str]:
    """A database of the test's own."""
    name = f"embedded_{uuid4().hex}"
    with Client("127.0.0.1", port=clickhouse.port) as client:
        client.execute(f"CREATE DATABASE {name}")
        yield name
        client.execute(f"DROP DATABASE {name}")


@pytest.fixture
def connect(clickhouse: ClickHouse, database: str) -> Iterator[Connect]:
    """Makes clients in the test's database, with any options of clickhouse-driver."""
    clients: list[Client] = []

    def make(**options: Any) -> Client:
        clients.append(
            Client("127.0.0.1", port=clickhouse.port, **{"database": database, **options})
        )
        return clients[-1]

    yield make
    for client in clients:
        client.disconnect()


@pytest.fixture
def client(connect: Connect) -> Client:
    """One client in the test's database."""
    return connect()


@pytest.fixture
def request_http(clickhouse: ClickHouse, database: str) -> Request:
    """request_http(method, path, body, headers) in the test's database."""

    def request(method: str, path: str, body: Any = None, **headers: str) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", clickhouse.http_port, timeout=30)
        named = {"X-ClickHouse-Database": database}
        named.update({name.replace("_", "-"): value for name, value in headers.items()})
        with closing(connection):
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read().decode())

    return request


@pytest.fixture
def run_python(tmp_path: Path) -> Run:
    """Runs code in a process of its own, with `folder` and the package's names, and returns what it printed."""

    def run(code: str) -> str:
        setup = (
            "from pathlib import Path\n"
            "from clickhouse_driver import Client\n"
            "from schemas.errors import EmbeddedServerError\n"
            "from sinks.embedded import Account, EmbeddedServer, running_server\n"
            f"folder = Path({str(tmp_path / 'data')!r})\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", setup + code],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert not done.stderr, done.stderr
        return done.stdout

    return run
