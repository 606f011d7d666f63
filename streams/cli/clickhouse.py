"""zhongcao clickhouse."""

from pathlib import Path

import click

from sinks.embedded import (
    PASSWORD_FILE,
    Account,
    EmbeddedServer,
    new_password,
    serve_until_signal,
)
from sinks.migrate import migrate
from streams.cli import folders, options
from streams.cli.console import err
from streams.clickhouse import served_by
from streams.settings import Settings

#: 0 takes any that is free.
PORT = click.IntRange(0, 65_535)


@click.command(
    epilog="""\b
    Examples:
      zhongcao clickhouse data/demo
      zhongcao clickhouse data/demo --port 19000 --http-port 18123
      curl --user "default:$(cat data/demo/embedded.password)" \\
        "http://127.0.0.1:8123/?database=zhongcao" \\
        --data "SELECT * FROM funnel(window_days = 7) LIMIT 3"
    """
)
@click.argument("folder", type=options.FOLDER)
@click.option("--port", type=PORT, metavar="N", help="Port of the native protocol [default: 9000].")
@click.option("--http-port", type=PORT, metavar="N", help="Port of HTTP [default: 8123].")
@click.option(
    "--allow-outside",
    is_flag=True,
    help="Allow SYSTEM statements, and what leaves FOLDER: files, other servers, executables.",
)
@options.config
def clickhouse(
    folder: Path,
    port: int | None,
    http_port: int | None,
    allow_outside: bool,
    config: Path | None,
) -> None:
    """Serve the ClickHouse data in FOLDER until interrupted, to clients and BI tools on this machine.

    FOLDER is made, with empty tables, if there is none.

    The server is ClickHouse's engine in this process (chDB), on loopback only: for development and tests,
    not for production. Its one user and password are those of the settings; where they have no password,
    each start makes a new one. It lies in FOLDER/embedded.password, where commands find it. Clients reach
    what is in FOLDER and nothing else, unless --allow-outside is given.
    """
    settings = options.settings_of(config)
    folders.check_usable(folder)
    server = EmbeddedServer(
        folder,
        settings.clickhouse_port if port is None else port,
        settings.clickhouse_http_port if http_port is None else http_port,
        account=_account(settings),
        allow_outside=allow_outside,
    )

    def started() -> None:
        migrate(served_by(server, settings.clickhouse_database))
        err.print(
            f"ClickHouse for development and tests, data in {folder}\n"
            f"  native protocol  127.0.0.1:{server.native_port}\n"
            f"  HTTP             http://127.0.0.1:{server.http_port}/?database={settings.clickhouse_database}\n"
            f"  database         {settings.clickhouse_database}\n"
            f"  user             {server.account.user}, with the password in {folder / PASSWORD_FILE}\n"
            "Press Ctrl-C to stop.",
            highlight=False,
        )

    serve_until_signal(server, started)


def _account(settings: Settings) -> Account:
    """That of the settings, with a password of this start where they have none."""
    return Account(settings.clickhouse_user, settings.clickhouse_password or new_password())
