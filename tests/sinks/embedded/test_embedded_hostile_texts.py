"""The time to understand a text grows like its length, whatever it says: while it is read, nobody else is served."""

import time
from collections.abc import Callable
from contextlib import suppress
from email.message import Message
from io import BytesIO

import pytest

from sinks.embedded import statements
from sinks.embedded.access import Account
from sinks.embedded.errors import QueryError
from sinks.embedded.http_request import read_request
from sinks.embedded.layout import column
from sinks.migrate import split_statements

SMALL, FACTOR = 2_000, 16
#: Of the times for texts that are FACTOR times as long: far above what is linear, far below what is quadratic (256).
BOUND = 80

STATEMENTS: dict[str, Callable[[int], str]] = {
    "format": lambda n: "SELECT " + "format," * n + "1",
    "formats": lambda n: "SELECT " + "format " * n,
    "outfiles": lambda n: "SELECT " + "into outfile " * n,
    "brackets": lambda n: "SELECT " + "(" * n + ")" * n,
    "semicolons": lambda n: "SELECT 1" + ";" * n,
    "dollars": lambda n: "SELECT " + "$a" * n,
    "tags": lambda n: "SELECT " + " ".join(f"$a{i}" for i in range(n)),
    "quotes": lambda n: "SELECT " + "'" * (2 * n + 1),
    "backslashes": lambda n: "SELECT '" + "\\'" * n,
    "comments": lambda n: "SELECT " + "/*" * n,
    "inserts": lambda n: "WITH " + "insert " * n,
    "columns": lambda n: "INSERT INTO t (" + "a," * n + "b) VALUES",
    "settings": lambda n: "INSERT INTO t FORMAT CSV SETTINGS " + "a = 1," * n + "a = 1\n1",
    "dots": lambda n: "INSERT INTO " + "a." * n + "b VALUES",
}
FILES = ("/*", "\\'", "'\\'", '"', "`", ";", "-", "a;")


def seconds(read: Callable[[], object]) -> float:
    """The least of three, in processor time of this process."""
    times = []
    for _ in range(3):
        started = time.process_time()
        with suppress(QueryError):
            read()
        times.append(time.process_time() - started)
    return max(min(times), 1e-4)


def grows(read: Callable[[int], object]) -> float:
    return seconds(lambda: read(SMALL * FACTOR)) / seconds(lambda: read(SMALL))


@pytest.mark.parametrize("name", STATEMENTS)
def test_statements(name: str) -> None:
    assert grows(lambda n: statements.parse(STATEMENTS[name](n))) < BOUND


@pytest.mark.parametrize("piece", FILES)
def test_files_of_statements(piece: str) -> None:
    assert grows(lambda n: split_statements(f"SELECT '{piece * n}")) < BOUND
    assert grows(lambda n: split_statements(piece * n)) < BOUND


def test_a_body_that_comes_byte_by_byte() -> None:
    def read(n: int) -> None:
        headers = Message()
        headers["Transfer-Encoding"] = "chunked"
        body = BytesIO(b"1\r\nx\r\n" * n + b"0\r\n\r\n")
        assert read_request("POST", "", headers, body, frozenset(), Account()).sql == "x" * n

    assert grows(read) < BOUND


def test_a_type_whose_name_has_no_end() -> None:
    with pytest.raises(QueryError, match="characters"):
        column("Tuple(" + "Int8," * 20_000 + "Int8)")


def test_quotes_of_typography_are_quotes() -> None:
    """As the engine has them: else what is in one would be taken for a statement, and the other way round."""
    found = statements.tokens("SELECT ‘'’ AS “a;”, ‘;’")
    assert [(token.kind, token.text) for token in found if token.kind in ("string", "quoted")] == [
        ("string", "‘'’"), ("quoted", "“a;”"), ("string", "‘;’"),
    ]  # fmt: skip
