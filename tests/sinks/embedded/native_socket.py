"""A native client made of bytes, for what clickhouse-driver would never send."""

import socket
from contextlib import suppress

from sinks.embedded.wire import text, varint

REVISION = 54440  # before interserver secrets and serialization flags: the shortest packets
NO_BLOCK = b"\0\0\0"
EXCEPTION = 2
FIRST_BYTE_S = 60


def hello() -> bytes:
    """The packet that opens a connection."""
    return (
        varint(0) + text("test") + varint(1) + varint(1) + varint(REVISION)
        + text("") + text("default") + text("")
    )  # fmt: skip


def query(sql: str, database: str) -> bytes:
    """A query packet, and the empty block that says that there are no external tables."""
    sql = sql.replace("{db}", database)
    return (
        varint(1) + text("") + b"\0" + text("") + varint(2) + varint(0) + text(sql) + data(NO_BLOCK)
    )


def data(block: bytes) -> bytes:
    """A data packet; the block starts with its BlockInfo."""
    return varint(2) + text("") + block


def column(name: str, type_name: str, rows: int, values: bytes) -> bytes:
    """A block of one column."""
    return b"\0" + varint(1) + varint(rows) + text(name) + text(type_name) + values


def connected(port: int) -> socket.socket:
    """A socket after its hello."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=10)
    sock.sendall(hello())
    assert sock.recv(4096)[0] == 0
    return sock


def received(sock: socket.socket, seconds: float = 1.0) -> bytes:
    """What arrives, however late it begins, until the server is silent or closes."""
    sock.settimeout(FIRST_BYTE_S)
    out = b""
    with suppress(TimeoutError, ConnectionError):
        while piece := sock.recv(1 << 16):
            out += piece
            sock.settimeout(seconds)
    return out
