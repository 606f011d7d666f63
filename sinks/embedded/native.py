"""One connection of ClickHouse's native protocol."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress

from sinks.embedded import statements
from sinks.embedded.access import Account
from sinks.embedded.blocks import (
    BLOCK_INFO,
    REVISION_WITH_CUSTOM_SERIALIZATION,
    Block,
    Header,
    copy_block,
    header_block,
    skip_block_info,
    split_native,
)
from sinks.embedded.compression import read_frame, write_frames
from sinks.embedded.engine import Engine, Session
from sinks.embedded.errors import QUERY_WAS_CANCELLED, ProtocolError, QueryError
from sinks.embedded.handshake import (
    SERVER_REVISION,
    WITH_ADDENDUM,
    Query,
    read_hello,
    read_query,
)
from sinks.embedded.insert import InsertData, insert_header
from sinks.embedded.statements import Insert, Kind, Statement
from sinks.embedded.watch import Run, Watch
from sinks.embedded.wire import ByteReader, Disconnected, int32, text, varint
from sinks.quoting import quoted

_HELLO, _DATA, _EXCEPTION, _PROGRESS, _PONG, _END, _PROFILE_INFO = range(7)
_PROFILE_EVENTS = 14
_WITH_PROFILE_EVENTS_IN_INSERT = 54456
_CLIENT_QUERY, _CLIENT_DATA, _CLIENT_CANCEL, _CLIENT_PING = 1, 2, 3, 4
_RECEIVE_BYTES = 1 << 18
_CANCEL_PACKET = b"\x03"
_UNKNOWN_PACKET = 99
_UNEXPECTED_PACKET = 101
_NOT_IMPLEMENTED = 48


class NativeConnection:
    """Serves one client until it goes away."""

    def __init__(self, sock: socket.socket, engine: Engine, watch: Watch, account: Account) -> None:
        self._sock = sock
        self._engine = engine
        self._account = account
        self._watch = watch
        self._received = memoryview(bytearray(_RECEIVE_BYTES))
        self._reader = ByteReader(self._receive)
        self._revision = SERVER_REVISION
        self._compressed = False

    def serve(self) -> None:
        """Talk to the client; returns when the connection is over."""
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(Disconnected, OSError):
            try:
                with closing(self._engine.session()) as session:
                    self._talk(session)
            except QueryError as error:
                self._send_exception(error)

    def _receive(self, _wanted: int) -> memoryview:
        return self._received[: self._sock.recv_into(self._received)]

    def _talk(self, session: Session) -> None:
        self._welcome(session)
        while True:
            self._reader.drop()
            self._packet(session)

    def _welcome(self, session: Session) -> None:
        hello = read_hello(self._reader)
        self._revision = hello.revision
        self._account.check(hello.user, hello.password)
        if hello.database:
            session.query(f"USE {quoted(hello.database)}", "Null")
        major, minor, patch = self._engine.version
        self._send(
            varint(_HELLO), text("ClickHouse"), varint(major), varint(minor), varint(SERVER_REVISION),
            text(self._engine.timezone), text("zhongcao embedded (development)"), varint(patch),
        )  # fmt: skip
        if self._revision >= WITH_ADDENDUM:
            self._reader.text()  # quota key

    def _packet(self, session: Session) -> None:
        packet = self._reader.varint()
        if packet == _CLIENT_PING:
            self._send(varint(_PONG))
        elif packet == _CLIENT_QUERY:
            self._query(session)
        elif packet == _CLIENT_DATA:
            self._block()  # the rest of an insert that has failed
        elif packet != _CLIENT_CANCEL:
            raise ProtocolError(_UNKNOWN_PACKET, f"Unknown packet {packet} from client")

    def _query(self, session: Session) -> None:
        query = read_query(self._reader, self._revision, self._engine.setting_names)
        self._compressed = query.compressed
        tables = sum(1 for _ in self._blocks())
        try:
            query.check()
            if tables:
                raise QueryError(_NOT_IMPLEMENTED, "External tables are not supported here")
            statement = statements.parse(query.sql)
            # What SET leaves behind must not include the settings of its own query.
            wanted = {} if statement.kind is Kind.SET else query.settings
            with session.settings(wanted):
                self._run(session, statement, query)
        except ProtocolError:
            raise
        except QueryError as error:
            self._send_exception(error)
        else:
            self._send(varint(_END))

    def _run(self, session: Session, statement: Statement, query: Query) -> None:
        if statement.insert is not None and not statement.insert.data:
            self._insert(session, statement.insert)
            return
        with self._watch.running(self._sock, session.interrupt, _CANCEL_PACKET) as run:
            try:
                self._answer(session, statement, query, run)
            except QueryError as error:
                if error.code == QUERY_WAS_CANCELLED and run.gone:
                    raise Disconnected from error
                if error.code != QUERY_WAS_CANCELLED or not run.cancelled:
                    raise

    def _answer(self, session: Session, statement: Statement, query: Query, run: Run) -> None:
        sql, parameters = statement.sql, query.parameters
        if statement.insert is not None:
            with InsertData(session, statement.insert, statement.insert.format, parameters) as data:
                data.append(statement.insert.data.encode())
                self._send_written(data.finish())
        elif statement.kind is Kind.SET:
            session.run_set(sql)
        elif statement.kind is Kind.SELECT:
            with closing(session.stream(sql, "Native", parameters)) as results:
                found = self._send_result(results, run)
            if not found:
                self._send_header(session.select_header(sql, parameters))
        else:
            result = session.query(sql, "Native", parameters)
            if not self._send_result([result], run) and statement.kind is Kind.DESCRIBE:
                self._send_header(session.header(sql, parameters))

    def _send_result(self, results: Iterable[bytes], run: Run) -> bool:
        """Send a result's blocks; False when there were none, so that the client knows no columns yet."""
        rows = blocks = size = 0
        for result in results:
            for block in split_native(result, flags_out=self._has_flags):
                if not blocks:
                    self._send_header(block.header)
                self._send_block(block)
                rows, blocks, size = rows + block.rows, blocks + 1, size + len(block.body)
                self._send(
                    varint(_PROGRESS), varint(block.rows), varint(len(block.body)), b"\0\0\0"
                )
            if run.cancelled:
                return True
        if blocks:
            profile = (varint(rows), varint(blocks), varint(size), b"\0", varint(rows), b"\0")
            self._send(varint(_PROFILE_INFO), *profile)
        return blocks > 0

    def _send_header(self, header: Header) -> None:
        self._send_block(header_block(header, flags_out=self._has_flags))

    def _insert(self, session: Session, insert: Insert) -> None:
        self._send_header(insert_header(session, insert))
        rows = 0
        with InsertData(session, insert, "Native") as data:
            for block in self._blocks():
                if block.rows:
                    data.append(block.body)
                    rows += block.rows
                self._send_profile_events()
            if rows:
                data.finish()
        self._send_written(rows)
        self._send_profile_events()

    def _send_written(self, rows: int) -> None:
        self._send(varint(_PROGRESS), b"\0\0\0", varint(rows), b"\0")

    def _send_profile_events(self) -> None:
        """An empty report: since this revision a client waits for one after each block of an insert."""
        if self._revision >= _WITH_PROFILE_EVENTS_IN_INSERT:
            self._send(varint(_PROFILE_EVENTS), b"\0", BLOCK_INFO, b"\0\0")

    def _blocks(self) -> Iterator[Block]:
        """The client's blocks up to the empty one that ends them."""
        while True:
            packet = self._reader.varint()
            if packet == _CLIENT_CANCEL:
                raise Disconnected
            if packet != _CLIENT_DATA:
                raise ProtocolError(
                    _UNEXPECTED_PACKET, f"Unexpected packet {packet}, expected Data"
                )
            block = self._block()
            if not block.header:
                return
            yield block

    def _block(self) -> Block:
        self._reader.text()  # the name of an external table
        source = self._reader
        if self._compressed:
            source = ByteReader(lambda _wanted: read_frame(self._reader))
        try:
            block = self._read_block(source)
        except QueryError as error:
            raise ProtocolError(error.code, error.text) from error
        self._reader.drop()
        return block

    def _read_block(self, reader: ByteReader) -> Block:
        skip_block_info(reader)
        return copy_block(reader, flags_in=self._has_flags, flags_out=False)

    @property
    def _has_flags(self) -> bool:
        return self._revision >= REVISION_WITH_CUSTOM_SERIALIZATION

    def _send_block(self, block: Block) -> None:
        body = BLOCK_INFO + block.body
        self._send(varint(_DATA), b"\0", write_frames(body) if self._compressed else body)

    def _send_exception(self, error: QueryError) -> None:
        message = f"DB::Exception: {error.text}"
        self._send(
            varint(_EXCEPTION),
            int32(error.code),
            text("DB::Exception"),
            text(message),
            b"\0",
            b"\0",
        )

    def _send(self, *parts: bytes) -> None:
        self._sock.sendall(b"".join(parts))
