"""INSERT with data: which columns it takes, as the client is told before it sends them, and the data's way in."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from sinks.embedded.engine import Session
from sinks.embedded.errors import QueryError
from sinks.embedded.statements import Insert, column_names

_NO_SUCH_COLUMN = 16
_NOT_ENOUGH_SPACE = 243
_NOT_INSERTED = ("MATERIALIZED", "ALIAS", "EPHEMERAL")


class InsertData:
    """The data of one INSERT, kept in a nameless file until all have come: an insert that breaks off leaves nothing."""

    def __init__(
        self,
        session: Session,
        insert: Insert,
        data_format: str,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        self._session = session
        self._insert = insert
        self._format = data_format
        self._parameters = parameters
        with _disk_errors():
            self._file = tempfile.TemporaryFile(buffering=0, dir=session.spool_folder)  # noqa: SIM115

    def append(self, data: bytes) -> None:
        """Keep more data. Raises QueryError 243 when the disk is full."""
        view = memoryview(data)
        with _disk_errors():
            while view:
                view = view[self._file.write(view) :]

    def finish(self) -> int:
        """Insert what was kept; returns its rows. Raises QueryError."""
        self._file.seek(0)
        return self._session.insert_file(
            self._insert.head,
            f"/dev/fd/{self._file.fileno()}",
            f"{self._insert.settings}\nFORMAT {self._format}",
            self._parameters,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise QueryError(
            _NOT_ENOUGH_SPACE, f"Cannot keep the data of the insert: {error.strerror}"
        ) from error


def insert_header(session: Session, insert: Insert) -> list[tuple[str, str]]:
    """Names and types of the columns, in the order of the statement's list or of the table. Raises QueryError."""
    if insert.columns is None or (names := column_names(insert.columns)) is None:
        if insert.columns is not None:
            return _described(session, f"(SELECT {insert.columns} FROM {insert.table})")
        return [
            (name, type_name)
            for name, type_name, default in _describe(session, f"TABLE {insert.table}")
            if default not in _NOT_INSERTED
        ]
    types = {name: type_name for name, type_name, _ in _describe(session, f"TABLE {insert.table}")}
    if missing := [name for name in names if name not in types]:
        raise QueryError(
            _NO_SUCH_COLUMN,
            f"No such column {missing[0]} in table {insert.table}. (NO_SUCH_COLUMN_IN_TABLE)",
        )
    return [(name, types[name]) for name in names]


def _described(session: Session, what: str) -> list[tuple[str, str]]:
    return [(name, type_name) for name, type_name, _ in _describe(session, what)]


def _describe(session: Session, what: str) -> list[tuple[str, str, str]]:
    rows = session.rows(f"DESCRIBE {what} SETTINGS print_pretty_type_names = 0")
    return [(row[0], row[1], row[2]) for row in rows]
