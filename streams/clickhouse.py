"""The ClickHouse that the settings or an embedded folder mean."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sinks.connection import ClickHouse
from sinks.embedded import Account, EmbeddedServer, RunningServer, running_server
from sinks.migrate import migrate
from streams.settings import Settings


def clickhouse_of(settings: Settings) -> ClickHouse:
    """The ClickHouse server of the settings."""
    return ClickHouse(
        host=settings.clickhouse_host,
        port=settings.clickhouse_port,
        http_port=settings.clickhouse_http_port,
        database=settings.clickhouse_database,
        user=settings.clickhouse_user,
        password=settings.clickhouse_password,
        secure=settings.clickhouse_secure,
        timeout_s=settings.clickhouse_timeout_s,
    )


def served_by(server: EmbeddedServer, database: str) -> ClickHouse:
    """A database of an embedded server that runs."""
    return _reached(server, server.account, database)


def _reached(
    ports: EmbeddedServer | RunningServer, account: Account | RunningServer, database: str
) -> ClickHouse:
    return ClickHouse(
        port=ports.native_port,
        http_port=ports.http_port,
        database=database,
        user=account.user,
        password=account.password,
    )


@contextmanager
def embedded_clickhouse(folder: Path, database: str) -> Iterator[ClickHouse]:
    """The ClickHouse of a folder: the server that already serves it, else one of our own.

    Its tables and views are brought up to date first, whatever version made them.

    Raises: EmbeddedServerError. SinkRejected, when a later version made them.
    """
    with ExitStack() as stack:
        running = running_server(folder)
        if running is not None:
            clickhouse = _reached(running, running, database)
        else:
            clickhouse = served_by(stack.enter_context(EmbeddedServer(folder)), database)
        migrate(clickhouse)
        yield clickhouse
