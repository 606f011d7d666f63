"""The HTTP helper against a server that answers as told."""

import io
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from schemas.errors import QueryError, SinkUnavailable
from sinks.connection import ClickHouse
from sinks.http import run_query


@contextmanager
def answering(status, body, **headers) -> Iterator[tuple[ClickHouse, list]]:
    """A connection to a server that always gives one answer, and the requests that it got."""
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            query = self.rfile.read(int(self.headers["Content-Length"])).decode()
            requests.append((self.path, dict(self.headers), query))
            self.send_response(status)
            for name, value in {"Content_Length": len(body), **headers}.items():
                self.send_header(name.replace("_", "-"), str(value))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield ClickHouse(http_port=server.server_port, user="分析师", password="密"), requests
        finally:
            server.shutdown()
            thread.join()


def test_a_request_carries_query_database_format_and_credentials():
    with answering(200, b"1\n") as (connection, requests):
        output = io.BytesIO()
        run_query(connection, "SELECT '种草'", output, "CSV")
    [(path, headers, query)] = requests
    parameters = parse_qs(urlsplit(path).query)
    assert output.getvalue() == b"1\n"
    assert query == "SELECT '种草'"
    assert parameters["database"] == ["zhongcao"]
    assert parameters["default_format"] == ["CSV"]
    assert headers["Authorization"] == f"Basic {b64encode('分析师:密'.encode()).decode()}"


def test_the_servers_text_and_code_are_kept():
    text = "Code: 62. DB::Exception: 语法 (SYNTAX_ERROR)".encode()
    with (
        answering(400, text, X_ClickHouse_Exception_Code=62) as (connection, _),
        pytest.raises(QueryError, match="语法") as caught,
    ):
        run_query(connection, "SELEC", io.BytesIO())
    assert caught.value.code == 62


def test_a_bare_status_is_an_error_too():
    with (
        answering(502, b"") as (connection, _),
        pytest.raises(QueryError, match="502 Bad Gateway") as caught,
    ):
        run_query(connection, "SELECT 1", io.BytesIO())
    assert caught.value.code is None


def test_an_answer_that_breaks_off_is_not_taken_for_whole():
    with (
        answering(200, b"1\n", Content_Length=10) as (connection, _),
        pytest.raises(SinkUnavailable, match="no whole answer"),
    ):
        run_query(connection, "SELECT 1", io.BytesIO())


def test_a_full_disk_is_not_blamed_on_the_server():
    class FullDisk(io.BytesIO):
        def write(self, data):
            raise OSError(28, "No space left on device")

    with answering(200, b"1\n") as (connection, _), pytest.raises(OSError, match="No space"):
        run_query(connection, "SELECT 1", FullDisk())
