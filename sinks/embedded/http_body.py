"""The body of an HTTP request in pieces: plain or chunked, perhaps gzip, perhaps in ClickHouse's own frames."""

import zlib
from collections.abc import Iterator
from email.message import Message
from io import BufferedIOBase

from sinks.embedded.compression import read_frame
from sinks.embedded.errors import QueryError
from sinks.embedded.wire import ByteReader, Disconnected

PIECE_BYTES = 1 << 20
_BAD_ARGUMENTS = 36
_UNKNOWN_COMPRESSION_METHOD = 89
_WINDOW_BITS = {"gzip": 31, "deflate": 15}


def body_pieces(stream: BufferedIOBase, headers: Message, *, framed: bool) -> Iterator[bytes]:
    """The body, unpacked, in pieces of at most about 1 MiB (a frame may be larger).

    framed: whether the request says that its body is in ClickHouse's compressed frames.
    Raises QueryError when it is damaged, Disconnected when it ends too early.
    """
    chunked = headers.get("Transfer-Encoding", "").lower() == "chunked"
    pieces = _chunked(stream) if chunked else _plain(stream, headers)
    encoding = headers.get("Content-Encoding", "").lower()
    if encoding in _WINDOW_BITS:
        pieces = _inflated(pieces, _WINDOW_BITS[encoding])
    elif encoding not in ("", "identity"):
        raise QueryError(
            _UNKNOWN_COMPRESSION_METHOD, f"Unknown Content-Encoding {encoding!r}: use gzip"
        )
    return _unframed(pieces) if framed else pieces


def _plain(stream: BufferedIOBase, headers: Message) -> Iterator[bytes]:
    left = _number(headers.get("Content-Length", "0"), 10)
    while left:
        piece = stream.read(min(left, PIECE_BYTES))
        if not piece:
            raise Disconnected
        left -= len(piece)
        yield piece


def _chunked(stream: BufferedIOBase) -> Iterator[bytes]:
    while left := _number(stream.readline(1024).split(b";")[0].decode("latin-1"), 16):
        while left:
            piece = stream.read(min(left, PIECE_BYTES))
            if not piece:
                raise Disconnected
            left -= len(piece)
            yield piece
        stream.readline(3)
    while stream.readline(1024) not in (b"\r\n", b"\n", b""):
        pass


def _number(text: str, base: int) -> int:
    try:
        number = int(text.strip(), base)
    except ValueError:
        number = -1
    if number < 0:
        raise QueryError(_BAD_ARGUMENTS, f"Bad length in the HTTP request: {text[:40]!r}")
    return number


def _inflated(pieces: Iterator[bytes], window_bits: int) -> Iterator[bytes]:
    """Of one stream, or of several one behind the other, as `cat a.gz b.gz` has them."""
    inflate, begun = zlib.decompressobj(window_bits), False
    try:
        for piece in pieces:
            while piece:
                if inflate.eof:
                    inflate = zlib.decompressobj(window_bits)
                yield inflate.decompress(piece, PIECE_BYTES)
                piece = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
                begun = True
        yield inflate.flush()
        if begun and not inflate.eof:
            raise zlib.error("it ends too early")
    except zlib.error as error:
        raise QueryError(_UNKNOWN_COMPRESSION_METHOD, f"Cannot decompress: {error}") from error


def _unframed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    reader = ByteReader(lambda _wanted: next(pieces, b""))
    while True:
        reader.drop()
        if reader.at_end():
            try:
                reader.ensure(1)
            except Disconnected:
                return
        yield read_frame(reader)
