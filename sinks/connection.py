"""Where ClickHouse is, and a client for it."""

import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from clickhouse_driver import Client

from sinks.retry import RetryPolicy, persistently

CLIENT_NAME = "zhongcao"
CONNECT_TIMEOUT_S = 5.0
#: While ClickHouse writes tables anew it may say nothing.
ANSWER_TIMEOUT_S = 3600.0
PING_TIMEOUT_S = 5.0

#: About 50 s in all: a server that is being started is there by then.
STARTUP = RetryPolicy(attempts=40, first_wait_s=0.1, max_wait_s=2.0)


@dataclass(frozen=True, slots=True)
class ClickHouse:
    """One ClickHouse server and the database in it.

    port speaks the native protocol (inserts), http_port HTTP (queries of people).
    secure: TLS on both ports; trusted are the authorities of the system, or those in the file SSL_CERT_FILE.
    compression: LZ4 between client and server; worth it across a network, a waste on one machine.
    timeout_s: how long the server may be silent before the connection counts as broken.
    folder: whose data an embedded server has.
    """

    host: str = "127.0.0.1"
    port: int = 9000
    http_port: int = 8123
    database: str = "zhongcao"
    user: str = "default"
    password: str = field(default="", repr=False)
    secure: bool = False
    compression: bool = False
    timeout_s: float = 120.0
    folder: Path | None = None

    @property
    def address(self) -> str:
        """For messages: the folder, or host:port of the native protocol."""
        return f"{self.host}:{self.port}" if self.folder is None else str(self.folder)

    def patient(self) -> "ClickHouse":
        """The same server, for statements that write tables anew."""
        return replace(self, timeout_s=max(self.timeout_s, ANSWER_TIMEOUT_S))

    def client(self, database: str | None = None, kind: type[Client] = Client) -> Client:
        """A client of its own connection, opened by its first query. Only one thread may use it.

        database: the current database of its queries instead of self.database.
        kind: the driver's client, or one that extends it.
        """
        return kind(
            self.host,
            port=self.port,
            database=self.database if database is None else database,
            user=self.user,
            password=self.password,
            secure=self.secure,
            # Whom HTTP trusts, and SSL_CERT_FILE names; the driver's own choice depends on what else is installed.
            ca_certs=ssl.get_default_verify_paths().cafile,
            compression=self.compression,
            client_name=CLIENT_NAME,
            connect_timeout=CONNECT_TIMEOUT_S,
            send_receive_timeout=self.timeout_s,
            tcp_keepalive=True,
            sync_request_timeout=PING_TIMEOUT_S,
            settings=_settings(),
        )


def wait_until_ready(connection: ClickHouse, policy: RetryPolicy = STARTUP) -> None:
    """Return as soon as the server answers a query; its database need not exist yet.

    Raises SinkUnavailable when it does not in all attempts, SinkRejected when it refuses us.
    """

    def ask() -> None:
        with connection.client(database="") as client:
            client.execute("SELECT 1")

    persistently(ask, "first query", connection.address, policy)


def _settings() -> dict[str, Any]:
    return {
        # An asynchronous insert may be acknowledged while its rows are only in the server's memory.
        "async_insert": 0,
        # Replicated tables drop a block that they have seen, and the views behind them with it:
        # after an insert that failed between table and view, the retry would never reach the view.
        "insert_deduplicate": 0,
        # A batch with events of many years must not be refused: each month is a partition.
        "max_partitions_per_insert_block": 0,
    }
