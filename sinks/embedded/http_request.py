"""What an HTTP request asks for: ClickHouse's URL parameters, headers and body."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from io import BufferedIOBase
from itertools import chain
from urllib.parse import parse_qsl
from uuid import uuid4

from sinks.embedded.access import AUTHENTICATION_FAILED, Account
from sinks.embedded.errors import UNKNOWN_SETTING, QueryError
from sinks.embedded.http_body import PIECE_BYTES, body_pieces

_MAX_STATEMENT_BYTES = 64 << 20
_QUERY_IS_TOO_LARGE = 223
_IGNORED = frozenset((
    "quota_key", "session_id", "session_timeout", "session_check", "close_session", "buffer_size", "stacktrace",
    "role", "client_protocol_version",
))  # fmt: skip
TRUE = ("1", "true")


@dataclass(slots=True)
class HttpQuery:
    """A statement over HTTP. `sql` is what was said so far, `rest` the part of the body still to be read."""

    sql: str = ""
    rest: Iterator[bytes] = field(default_factory=lambda: iter(()))
    database: str = ""
    default_format: str = "TabSeparated"
    query_id: str = ""
    buffered: bool = False
    framed: bool = False
    settings: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)

    def whole_sql(self) -> str:
        """The statement with all of the body. Raises QueryError 223 when it is too large."""
        pieces, size = [self.sql.encode(errors="surrogateescape")], len(self.sql)
        for piece in self.rest:
            pieces.append(piece)
            size += len(piece)
            if size > _MAX_STATEMENT_BYTES:
                raise QueryError(
                    _QUERY_IS_TOO_LARGE, f"Query is too large: over {_MAX_STATEMENT_BYTES} bytes"
                )
        return b"".join(pieces).decode(errors="replace")


def read_request(
    method: str,
    url_query: str,
    headers: Message,
    body: BufferedIOBase,
    known_settings: frozenset[str],
    account: Account,
) -> HttpQuery:
    """Understand a request to `/`. Raises QueryError: 516, 115, 36."""
    given = dict(parse_qsl(url_query, keep_blank_values=True))
    account.check(*_credentials(given, headers))
    pieces = body_pieces(body, headers, framed=given.pop("decompress", "") in TRUE)
    query = HttpQuery(
        database=given.pop("database", headers.get("X-ClickHouse-Database", "")),
        default_format=given.pop("default_format", headers.get("X-ClickHouse-Format", ""))
        or "TabSeparated",
        query_id=given.pop("query_id", "") or str(uuid4()),
        buffered=given.pop("wait_end_of_query", "") in TRUE,
        framed=given.pop("compress", "") in TRUE,
    )
    _read_sql(query, given.pop("query", None), pieces)
    _read_settings(query, given, known_settings)
    if method != "POST":  # as on a server: a GET changes nothing
        query.settings["readonly"] = "2"
    return query


def _read_sql(query: HttpQuery, sql: str | None, pieces: Iterator[bytes]) -> None:
    # Bytes that are no text (FORMAT Native behind the statement) survive in surrogates.
    first = b"".join(_beginning(pieces))
    if sql is None:
        query.sql = first.decode(errors="surrogateescape")
        query.rest = pieces
    else:
        query.sql = sql + "\n"
        query.rest = chain((first,), pieces)


def _beginning(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces until they are PIECE_BYTES: a client may send a byte at a time."""
    size = 0
    while size < PIECE_BYTES and (piece := next(pieces, b"")):
        size += len(piece)
        yield piece


def _read_settings(query: HttpQuery, given: dict[str, str], known_settings: frozenset[str]) -> None:
    for name, value in given.items():
        if name.startswith("param_"):
            query.parameters[name.removeprefix("param_")] = value
        elif name in known_settings:
            query.settings[name] = value
        elif name not in _IGNORED:
            raise QueryError(
                UNKNOWN_SETTING, f"Setting {name} is neither a builtin setting nor started with the prefix "
                "'SQL_' registered for user-defined settings. (UNKNOWN_SETTING)",
            )  # fmt: skip


def _credentials(given: dict[str, str], headers: Message) -> tuple[str, str]:
    user = given.pop("user", headers.get("X-ClickHouse-User", ""))
    password = given.pop("password", headers.get("X-ClickHouse-Key", ""))
    scheme, _, credentials = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise QueryError(AUTHENTICATION_FAILED, "Invalid HTTP authorization header") from error
    return user, password
