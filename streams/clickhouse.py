"""The ClickHouse that the settings or an embedded folder mean."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from schemas.errors import SettingsError
from sinks.ask import ask
from sinks.connection import ClickHouse
from sinks.embedded import Account, EmbeddedServer, RunningServer, running_server
from sinks.migrate import migrate
from sinks.retry import RetryPolicy
from streams.settings import Settings

#: Of a folder, whose server is on this machine: what does not pass within a second does not pass by waiting.
PATIENCE = RetryPolicy(attempts=3, first_wait_s=0.25, max_wait_s=0.5)


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


def check_lookback(clickhouse: ClickHouse, lookback_days: int) -> None:
    """Raise SettingsError when rows were stored with a longer lookback: they would stand beside shorter ones for ever.

    Raises SinkRejected, SinkUnavailable, too.
    """
    [row] = ask(clickhouse, "SELECT max(lookback_days) AS stored FROM conversions")
    if row["stored"] > lookback_days:
        who = ", for all workers" if clickhouse.folder is None else ""
        raise SettingsError(
            f"lookback_days is {lookback_days}, but {clickhouse.address} has paths that were stored with "
            f"{row['stored']}: set it to {row['stored']} or more{who}. Shorter windows are chosen when asking."
        )


def served_by(server: EmbeddedServer, database: str) -> ClickHouse:
    """A database of an embedded server that runs."""
    return _reached(server, server.account, database, server.folder)


def _reached(
    ports: EmbeddedServer | RunningServer,
    account: Account | RunningServer,
    database: str,
    folder: Path,
) -> ClickHouse:
    return ClickHouse(
        port=ports.native_port,
        http_port=ports.http_port,
        database=database,
        user=account.user,
        password=account.password,
        folder=folder,
    )


@contextmanager
def embedded_clickhouse(
    folder: Path, database: str, *, as_it_is: bool = False
) -> Iterator[ClickHouse]:
    """The ClickHouse of a folder: the server that already serves it, else one of our own.

    Its tables and views are brought up to date first, whatever version made them, unless it is to be read as it is.

    Raises: EmbeddedServerError. SinkRejected, when a later version made them.
    """
    with ExitStack() as stack:
        running = running_server(folder)
        if running is not None:
            clickhouse = _reached(running, running, database, folder)
        else:
            clickhouse = served_by(stack.enter_context(EmbeddedServer(folder)), database)
        if not as_it_is:
            migrate(clickhouse, policy=PATIENCE)
        yield clickhouse
