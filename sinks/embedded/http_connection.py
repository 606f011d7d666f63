"""One connection of ClickHouse's HTTP interface."""

import json
import shutil
import socket
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from sinks.embedded import http_formats, statements
from sinks.embedded.access import Account
from sinks.embedded.compression import write_frames
from sinks.embedded.engine import Engine, Session
from sinks.embedded.errors import QueryError
from sinks.embedded.http_request import HttpQuery, read_request
from sinks.embedded.insert import InsertData
from sinks.embedded.statements import Insert, Kind, Statement
from sinks.embedded.watch import Watch
from sinks.embedded.wire import Disconnected
from sinks.quoting import quoted

_OUTFILE_NOT_ALLOWED = 358
_SPOOL_BYTES = 16 << 20
_STATUS = {
    **dict.fromkeys((192, 193, 497, 516), 403),
    **dict.fromkeys((6, 25, 26, 27, 36, 38, 41, 53, 62, 72, 108, 117, 130, 131, 167, 168, 321, 427), 400),
    **dict.fromkeys((46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 336), 404),
    48: 501, 159: 408, 194: 401, 223: 413, 381: 411,
}  # fmt: skip


class HttpConnection(BaseHTTPRequestHandler):
    """Serves one client until it goes away."""

    protocol_version = "HTTP/1.1"
    server_version = "zhongcao-embedded-clickhouse"
    sys_version = ""
    disable_nagle_algorithm = True

    def __init__(self, sock: socket.socket, engine: Engine, watch: Watch, account: Account) -> None:
        # The base class would serve in its constructor; its attributes come from setup().
        self.request = sock
        self.client_address = sock.getpeername()
        self._engine = engine
        self._watch = watch
        self._account = account
        self._answering = False

    def serve(self) -> None:
        """Answer requests; returns when the connection is over."""
        with suppress(Disconnected, OSError):
            self.setup()
            try:
                self.handle()
            finally:
                self.finish()

    def do_GET(self) -> None:
        """A health check, or a statement that only reads."""
        url = urlsplit(self.path)
        if (refusal := self._account.web_refusal(self.headers)) is not None:
            self._reply_text(403, f"Forbidden: {refusal}\n")
        elif url.path in ("/ping", "/replicas_status") or (
            url.path == "/" and not url.query and self.command != "POST"
        ):
            self._reply_text(200, "Ok.\n")
        elif url.path != "/":
            self._reply_text(
                404, f"There is no handle {url.path}\n\nUse / or /ping for health checks.\n"
            )
        else:
            self._query(url.query)

    do_HEAD = do_GET
    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: clients get their errors."""

    def _query(self, url_query: str) -> None:
        self._answering = False
        # What is left of a body after an error would be read as the next request.
        self.close_connection = self.command == "POST"
        try:
            query = read_request(
                self.command, url_query, self.headers, self.rfile, self._engine.setting_names, self._account,
            )  # fmt: skip
            with self._session(query) as session:
                self._run(session, query)
            self.close_connection = self.headers.get("Connection", "").lower() == "close"
        except QueryError as error:
            self._reply_error(error)

    @contextmanager
    def _session(self, query: HttpQuery) -> Iterator[Session]:
        session = self._engine.session()
        try:
            if query.database:
                session.query(f"USE {quoted(query.database)}", "Null")
            with self._watch.running(self.connection, session.interrupt):
                session.apply(query.settings)
                yield session
        finally:
            session.close()

    def _run(self, session: Session, query: HttpQuery) -> None:
        statement = statements.parse(query.sql)
        if statement.insert is not None:
            self._insert(session, statement.insert, query)
            return
        statement = statements.parse(query.whole_sql())
        if statement.into_outfile:
            raise QueryError(
                _OUTFILE_NOT_ALLOWED, "INTO OUTFILE is not allowed. (INTO_OUTFILE_NOT_ALLOWED)"
            )
        self._select(session, statement, query)

    def _insert(self, session: Session, insert: Insert, query: HttpQuery) -> None:
        with InsertData(session, insert, insert.format, query.parameters) as data:
            data.append(insert.data.encode(errors="surrogateescape"))
            for piece in query.rest:
                data.append(piece)
            written = data.finish()
        self._reply(query, "TabSeparated", [], {"written_rows": str(written)})

    def _select(self, session: Session, statement: Statement, query: HttpQuery) -> None:
        fmt, sql = statement.format or query.default_format, statement.sql
        if statement.kind is Kind.SELECT and http_formats.streams(fmt):
            with closing(http_formats.select_pieces(session, sql, fmt, query.parameters)) as pieces:
                # The first data decide the status: an error must still become one.
                first = [next(pieces), next(pieces, b"")]
                self._reply(query, fmt, chain(first, pieces))
        else:
            self._reply(query, fmt, [session.query(sql, fmt, query.parameters)])

    def _reply(
        self,
        query: HttpQuery,
        fmt: str,
        pieces: Iterable[bytes],
        summary: dict[str, str] | None = None,
    ) -> None:
        if query.framed:
            pieces = map(write_frames, pieces)
        headers = {
            "Content-Type": http_formats.content_type(fmt),
            "X-ClickHouse-Format": fmt,
            "X-ClickHouse-Query-Id": query.query_id,
            "X-ClickHouse-Timezone": self._engine.timezone,
            "X-ClickHouse-Summary": json.dumps(summary or {}),
        }
        if query.buffered:
            self._reply_buffered(headers, pieces)
        else:
            self._reply_chunked(headers, pieces)

    def _reply_buffered(self, headers: dict[str, str], pieces: Iterable[bytes]) -> None:
        with tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as spool:
            for piece in pieces:
                spool.write(piece)
            self._start(200, {**headers, "Content-Length": str(spool.tell())})
            spool.seek(0)
            if self.command != "HEAD":
                shutil.copyfileobj(spool, self.wfile)

    def _reply_chunked(self, headers: dict[str, str], pieces: Iterable[bytes]) -> None:
        self._start(200, {**headers, "Transfer-Encoding": "chunked"})
        if self.command == "HEAD":
            return
        for piece in pieces:
            if piece:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def _reply_error(self, error: QueryError) -> None:
        message = f"{error}\n"
        if self._answering:
            # Too late for a status: the text, then a body that visibly breaks off.
            self.wfile.write(b"%x\r\n%b\r\n" % (len(message.encode()), message.encode()))
            self.close_connection = True
            return
        self._reply_text(
            _STATUS.get(error.code, 500), message, {"X-ClickHouse-Exception-Code": str(error.code)}
        )

    def _reply_text(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        body = message.encode()
        kind = {"Content-Type": "text/plain; charset=UTF-8", "Content-Length": str(len(body))}
        if self.headers.get("Content-Length") or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
        self._start(status, {**kind, **(headers or {})})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _start(self, status: int, headers: dict[str, str]) -> None:
        self._answering = True
        self.send_response(status)
        self.send_header("X-ClickHouse-Server-Display-Name", "zhongcao embedded (development)")
        for name, value in headers.items():
            # A line break in a value would begin a header of the client's making.
            self.send_header(name, value.replace("\r", " ").replace("\n", " "))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
