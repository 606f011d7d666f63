"""One ClickHouse for the whole test run, a database for each test, the command, and how examples are tried."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cli.commands import Zhongcao
from hypothesis import settings

from sinks.connection import ClickHouse
from sinks.migrate import migrate
from sinks.writer import Writer

# How long an example takes says more about the machine than about the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

Query = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    """The server of ZHONGCAO_TEST_CLICKHOUSE, "host:port:http_port", or an embedded one."""
    if given := os.environ.get("ZHONGCAO_TEST_CLICKHOUSE"):
        host, port, http_port = given.split(":")
        yield ClickHouse(host, int(port), int(http_port))
        return
    embedded = pytest.importorskip("sinks.embedded")
    folder = tmp_path_factory.mktemp("clickhouse")
    with embedded.EmbeddedServer(folder, account=embedded.Account()) as server:
        yield ClickHouse(port=server.native_port, http_port=server.http_port)


@pytest.fixture
def empty_database(clickhouse: ClickHouse) -> Iterator[ClickHouse]:
    """A database name that nothing has been created under."""
    database = replace(clickhouse, database=f"test_{uuid4().hex}")
    yield database
    with clickhouse.client(database="") as client:
        client.execute(f"DROP DATABASE IF EXISTS {database.database}")


@pytest.fixture
def own_database(empty_database: ClickHouse) -> ClickHouse:
    """A database that no other test has, with all tables and no rows, for tests that change its tables or views."""
    migrate(empty_database)
    return empty_database


@pytest.fixture(scope="session")
def shared_database(clickhouse: ClickHouse) -> Iterator[ClickHouse]:
    """A database that tests take in turns: emptying it takes a twentieth of what making it takes."""
    database = replace(clickhouse, database=f"shared_{uuid4().hex}")
    migrate(database)
    yield database
    with clickhouse.client(database="") as client:
        client.execute(f"DROP DATABASE IF EXISTS {database.database}")


@pytest.fixture
def fresh_database(shared_database: ClickHouse) -> ClickHouse:
    """A database with all tables and no rows, whose tables and views stay as they are."""
    with shared_database.client() as client:
        filled = client.execute(
            "SELECT name FROM system.tables WHERE database = currentDatabase()"
            " AND engine LIKE '%MergeTree' AND total_rows > 0 AND NOT startsWith(name, 'schema_')"
        )
        for (name,) in filled:
            client.execute(f"TRUNCATE TABLE {name}")
    return shared_database


@pytest.fixture
def writer(fresh_database: ClickHouse) -> Iterator[Writer]:
    with Writer(fresh_database) as writer:
        yield writer


@pytest.fixture
def query(fresh_database: ClickHouse) -> Iterator[Query]:
    """Runs a statement in the fresh database and returns its rows."""
    with fresh_database.client() as client:
        yield client.execute


@pytest.fixture
def zhongcao(tmp_path: Path) -> Zhongcao:
    """The command, run in a folder of its own."""
    return Zhongcao(tmp_path)
