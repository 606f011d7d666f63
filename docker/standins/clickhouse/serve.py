"""Serves /var/lib/clickhouse to the other containers, with the variables of the official image."""

import os
import sys
from pathlib import Path

from clickhouse_driver import Client

from schemas.errors import EmbeddedServerError
from sinks.embedded import Account, EmbeddedServer, serve_until_signal

account = Account(
    os.environ.get("CLICKHOUSE_USER", "default"), os.environ.get("CLICKHOUSE_PASSWORD", "")
)


def create_database() -> None:
    print("A stand-in for ClickHouse: chDB, for development and tests.", file=sys.stderr)
    with Client("127.0.0.1", user=account.user, password=account.password) as client:
        client.execute(
            f"CREATE DATABASE IF NOT EXISTS `{os.environ.get('CLICKHOUSE_DB', 'default')}`"
        )


try:
    server = EmbeddedServer(Path("/var/lib/clickhouse"), 9000, 8123, "0.0.0.0", account)
    serve_until_signal(server, create_database)
except EmbeddedServerError as error:
    sys.exit(f"error: {error}")
