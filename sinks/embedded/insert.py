"""Which columns an INSERT takes, and of which types: what the server tells a client before it sends data."""

from sinks.embedded.engine import QueryError, Session
from sinks.embedded.statements import Insert, column_names

_NO_SUCH_COLUMN = 16
_NOT_INSERTED = ("MATERIALIZED", "ALIAS", "EPHEMERAL")


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
