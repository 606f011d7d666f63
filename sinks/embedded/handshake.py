"""What a native client says before any data: its hello, and the parts of a query."""

from dataclasses import dataclass, field

from sinks.embedded.errors import UNKNOWN_SETTING, QueryError
from sinks.embedded.wire import ByteReader

SERVER_REVISION = 54459
_MIN_REVISION = 54429  # settings as strings; older clients are from before 2020
_WITH_INTERSERVER_SECRET = 54441
_WITH_OPENTELEMETRY = 54442
_WITH_DISTRIBUTED_DEPTH = 54448
_WITH_QUERY_START_TIME = 54449
_WITH_PARALLEL_REPLICAS = 54453
WITH_ADDENDUM = 54458
_WITH_PARAMETERS = 54459

_IMPORTANT = 0x1
_TCP = 1
_UNKNOWN_PACKET = 99
_ESCAPES = {"b": "\b", "f": "\f", "r": "\r", "n": "\n", "t": "\t", "0": "\0", "a": "\a", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Hello:
    """Who connects, and the highest revision that both sides speak."""

    revision: int
    database: str
    user: str
    password: str


@dataclass(slots=True)
class Query:
    """A query packet: the statement, the settings that the engine knows, and parameters as escaped text."""

    sql: str = ""
    compressed: bool = False
    settings: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    unknown_setting: str | None = None

    def check(self) -> None:
        """Raises QueryError 115 when a setting that the client called important is unknown."""
        if self.unknown_setting is not None:
            raise QueryError(UNKNOWN_SETTING, f"Unknown setting '{self.unknown_setting}'")


def read_hello(reader: ByteReader) -> Hello:
    """Read the first packet of a connection. Raises QueryError when it is not a hello or too old."""
    if reader.varint() != 0:
        raise QueryError(_UNKNOWN_PACKET, "Unexpected packet from client: expected Hello")
    reader.text()
    reader.varint()
    reader.varint()
    revision = min(reader.varint(), SERVER_REVISION)
    hello = Hello(revision, reader.text(), reader.text(), reader.text())
    if revision < _MIN_REVISION:
        raise QueryError(
            _UNKNOWN_PACKET, f"The client is too old: revision {revision} < {_MIN_REVISION}"
        )
    return hello


def read_query(reader: ByteReader, revision: int, known_settings: frozenset[str]) -> Query:
    """Read a query packet after its type, up to the data that follows it."""
    query = Query()
    reader.text()  # query id: the engine gives its own
    _skip_client_info(reader, revision)
    while name := reader.text():
        flags, value = reader.uint8(), reader.text()
        if name in known_settings:
            query.settings[name] = value
        elif flags & _IMPORTANT:
            query.unknown_setting = name
    if revision >= _WITH_INTERSERVER_SECRET:
        reader.text()
    reader.varint()  # stage: always to the end
    query.compressed = bool(reader.varint())
    query.sql = reader.text()
    if revision >= _WITH_PARAMETERS:
        while name := reader.text():
            reader.uint8()
            query.parameters[name] = undump(reader.text())
    return query


def undump(dump: str) -> str:
    """The text behind a quoted SQL string, as clients send parameters; anything else stays as it is."""
    if len(dump) < 2 or dump[0] != "'" or dump[-1] != "'":
        return dump
    out, characters = [], iter(dump[1:-1])
    for character in characters:
        if character == "\\":
            escaped = next(characters, "\\")
            character = _ESCAPES.get(escaped, escaped)
        out.append(character)
    return "".join(out)


def _skip_client_info(reader: ByteReader, revision: int) -> None:
    if not reader.uint8():  # query kind
        return
    for _ in range(3):  # initial user, query id, address
        reader.text()
    if revision >= _WITH_QUERY_START_TIME:
        reader.uint64()
    if reader.uint8() != _TCP:
        raise QueryError(_UNKNOWN_PACKET, "Only queries from native clients are supported")
    for _ in range(3):  # OS user, host, client's name
        reader.text()
    for _ in range(3):  # version and revision
        reader.varint()
    reader.text()  # quota key
    if revision >= _WITH_DISTRIBUTED_DEPTH:
        reader.varint()
    reader.varint()  # patch version
    if revision >= _WITH_OPENTELEMETRY and reader.uint8():
        reader.skip(24)
        reader.text()
        reader.uint8()
    if revision >= _WITH_PARALLEL_REPLICAS:
        for _ in range(3):
            reader.varint()
