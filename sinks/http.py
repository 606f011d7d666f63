"""One query over ClickHouse's HTTP interface, its result copied to a file in any of its formats."""

import http.client
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import urlencode

from schemas.errors import QueryError, SinkUnavailable
from sinks.connection import CLIENT_NAME, CONNECT_TIMEOUT_S, ClickHouse

#: Tab-separated values under a line of column names.
DEFAULT_FORMAT = "TSVWithNames"

COPY_BYTES = 1 << 16


class Output(Protocol):
    """What takes bytes: a binary file."""

    def write(self, data: bytes, /) -> int:
        """Take them."""


def run_query(
    connection: ClickHouse, query: str, output: Output, output_format: str = DEFAULT_FORMAT
) -> None:
    """Run one query in the connection's database and write its result to output, as it arrives.

    output_format: a ClickHouse format, for queries that do not name their own.

    Nothing is written when the query is refused. Raises QueryError when the server refuses it,
    SinkUnavailable when it cannot be reached or the answer breaks off.
    """
    channel = _channel(connection)
    try:
        with _reaching(connection):
            channel.connect()
            channel.sock.settimeout(connection.timeout_s)
            path = _path(connection, output_format)
            channel.request("POST", path, query.encode(), _headers(connection))
            response = channel.getresponse()
            if response.status != http.client.OK:
                raise _query_error(response)
        for piece in _pieces(connection, response):
            output.write(piece)
    finally:
        channel.close()


def _pieces(connection: ClickHouse, response: http.client.HTTPResponse) -> Iterator[bytes]:
    while True:
        with _reaching(connection):
            piece = response.read(COPY_BYTES)
            # The length is what is still to come; reading in pieces does not check it by itself.
            if not piece and response.length:
                raise http.client.IncompleteRead(b"", response.length)
        if not piece:
            return
        yield piece


@contextmanager
def _reaching(connection: ClickHouse) -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        if connection.folder is not None:
            raise SinkUnavailable(
                f"The query in {connection.folder} got no whole answer: {type(error).__name__}: {error}. Give the "
                "same command again"
            ) from error
        raise SinkUnavailable(
            f"ClickHouse's HTTP interface at {connection.host}:{connection.http_port} gave no whole "
            f"answer: {type(error).__name__}: {error}. Check that the server runs and that this is "
            "its HTTP port"
        ) from error


def _channel(connection: ClickHouse) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if connection.secure else http.client.HTTPConnection
    return kind(connection.host, connection.http_port, timeout=CONNECT_TIMEOUT_S)


def _path(connection: ClickHouse, output_format: str) -> str:
    parameters = {
        "database": connection.database,
        "default_format": output_format,
        # Otherwise an error halfway would follow the rows that were already sent, under status 200.
        "wait_end_of_query": 1,
    }
    return f"/?{urlencode(parameters)}"


def _headers(connection: ClickHouse) -> dict[str, str]:
    # Basic authorization, because the X-ClickHouse-… headers cannot carry what is not Latin-1.
    credentials = b64encode(f"{connection.user}:{connection.password}".encode()).decode()
    return {"Authorization": f"Basic {credentials}", "User-Agent": CLIENT_NAME}


def _query_error(response: http.client.HTTPResponse) -> QueryError:
    code = response.getheader("X-ClickHouse-Exception-Code")
    text = response.read().decode(errors="replace").strip()
    if not text:
        text = f"ClickHouse answered with HTTP status {response.status} {response.reason}"
    return QueryError(text, int(code) if code else None)
