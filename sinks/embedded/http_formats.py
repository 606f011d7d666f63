"""Output formats over HTTP: their content types, and which of them can be sent piece by piece.

chDB makes each piece of a streamed result a complete document of its format. Pieces of formats that are only rows, one
after the other, can simply be joined; formats with a header repeat it, so it is cut from all but the first piece.
Anything else (JSON, Pretty, Parquet, …) is made in one piece.
"""

from collections.abc import Generator, Mapping
from contextlib import closing

from sinks.embedded.engine import Session
from sinks.quoting import literal, quoted

_ROWS_ONLY = frozenset((
    "CSV", "JSONEachRow", "JSONLines", "NDJSON", "JSONCompactEachRow", "JSONStringsEachRow",
    "JSONCompactStringsEachRow", "Native", "RowBinary", "TSV", "TSVRaw", "TSKV", "TabSeparated",
    "TabSeparatedRaw", "RawBLOB",
))  # fmt: skip
_WITH_HEADER = frozenset(
    base + names
    for base in ("CSV", "TSV", "TSVRaw", "TabSeparated", "TabSeparatedRaw", "JSONCompactEachRow",
                 "JSONCompactStringsEachRow", "RowBinary")
    for names in ("WithNames", "WithNamesAndTypes")
)  # fmt: skip
_CONTENT_TYPES = (  # by prefix; the first that fits
    ("TSV", "text/tab-separated-values; charset=UTF-8"),
    ("TabSeparated", "text/tab-separated-values; charset=UTF-8"),
    ("CSVWithNames", "text/csv; charset=UTF-8; header=present"),
    ("CSV", "text/csv; charset=UTF-8; header=absent"),
    ("JSONEachRow", "application/x-ndjson; charset=UTF-8"),
    ("JSONLines", "application/x-ndjson; charset=UTF-8"),
    ("NDJSON", "application/x-ndjson; charset=UTF-8"),
    ("JSON", "application/json; charset=UTF-8"),
    ("XML", "application/xml; charset=UTF-8"),
    ("Markdown", "text/markdown; charset=UTF-8"),
    ("Native", "application/octet-stream"),
    ("RowBinary", "application/octet-stream"),
    ("Parquet", "application/octet-stream"),
    ("Arrow", "application/octet-stream"),
)


def content_type(fmt: str) -> str:
    """The Content-Type that a server gives for a format."""
    return next(
        (kind for prefix, kind in _CONTENT_TYPES if fmt.startswith(prefix)),
        "text/plain; charset=UTF-8",
    )


def streams(fmt: str) -> bool:
    """Whether a result in this format can be sent while it is being made."""
    return fmt in _ROWS_ONLY or fmt in _WITH_HEADER


def select_pieces(
    session: Session, sql: str, fmt: str, params: Mapping[str, str]
) -> Generator[bytes, None, None]:
    """The result of a SELECT in a format that streams. Raises QueryError, also in the middle."""
    header = b"" if fmt in _ROWS_ONLY else _header(session, sql, fmt, params)
    yield header
    with closing(session.stream(sql, fmt, params)) as pieces:
        for piece in pieces:
            yield piece.removeprefix(header)


def _header(session: Session, sql: str, fmt: str, params: Mapping[str, str]) -> bytes:
    columns = session.select_header(sql, params)
    structure = ", ".join(f"{quoted(name)} {type_name}" for name, type_name in columns)
    return session.query(f"SELECT * FROM null({literal(structure)})", fmt)
