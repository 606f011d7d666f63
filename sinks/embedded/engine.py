"""chDB behind a small typed face: one engine per process, one session per connection.

What chDB 26 does, and this module relies on: all sessions of a process share one engine, which opens one folder; the
engine closes with its last session, and only then can another folder be opened. `USE`, `SET` and temporary tables
belong to a session. Queries release the GIL and run in parallel across sessions. A session that is busy blocks every
other call on it, so a running query is stopped from outside with KILL QUERY. Its streaming insert reports success when
a constraint, a view or the disk refused the rows, and inline data end at an empty line; INSERT … FROM INFILE does
neither, so that is how data get in.
"""

import json
import os
import re
import sys
import tempfile
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.errors import EmbeddedServerError
from sinks.embedded.confinement import Confinement
from sinks.embedded.errors import ACCESS_DENIED, STD_EXCEPTION, QueryError
from sinks.embedded.rights import OUTSIDE, configure
from sinks.quoting import literal, quoted

_CODE = re.compile(r"Code: (\d+)\. (?:DB::Exception: )?(.*)", re.DOTALL)
_OUTSIDE_RIGHTS = re.compile(
    r"the grant (?:READ|WRITE|TABLE ENGINE|SYSTEM|BACKUP|\w+ (?:DICTIONARY|FUNCTION|NAMED COLLECTION))\b"
)
_TAG = "log_comment"
DATA_FOLDER = "clickhouse"
#: Of a statement, in characters, whose judgement is kept.
MAX_REMEMBERED = 4096
#: How a parameter's value is written.
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})
_open_guard = threading.Lock()
_open_path: Path | None = None


def _query_error(error: Exception) -> QueryError:
    found = _CODE.search(str(error))
    if found is None:
        return QueryError(STD_EXCEPTION, str(error))
    helped = int(found[1]) == ACCESS_DENIED and _OUTSIDE_RIGHTS.search(found[2])
    return QueryError(int(found[1]), f"{found[2]} [{OUTSIDE}]" if helped else found[2])


class Session:
    """One connection's state in the engine. Use it from one thread at a time; only interrupt() may cross threads."""

    def __init__(self, engine: "Engine", tag: str) -> None:
        self._engine = engine
        self._settings = {_TAG: tag, "implicit_select": "0", "allow_introspection_functions": "0"}
        self.tag = tag
        self._chdb = engine.connect()
        self.apply(self._settings)

    def query(self, sql: str, fmt: str, params: Mapping[str, str] | None = None) -> bytes:
        """Run any statement and return its whole result in the given format. Raises QueryError."""
        return bytes(self._run(sql, fmt, params).bytes())

    def insert_file(
        self, head: str, path: str, tail: str, params: Mapping[str, str] | None = None
    ) -> int:
        """Run INSERT `head` with the data of a file of ours and return its rows. Raises QueryError.

        tail: SETTINGS and FORMAT.
        """
        self._engine.check(f"{head}\n{tail}")
        sql = f"{head}\nFROM INFILE {literal(path)}\n{tail}"
        return int(self._run_unchecked(sql, "Null", params).rows_read())

    def rows(self, sql: str, params: Mapping[str, str] | None = None) -> list[list[Any]]:
        """The result of a small statement as Python values. Raises QueryError."""
        return [
            json.loads(line) for line in self.query(sql, "JSONCompactEachRow", params).splitlines()
        ]

    def header(self, sql: str, params: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
        """Names and types of a result's columns, from running the statement. Raises QueryError."""
        meta = json.loads(self.query(sql, "JSONCompact", params))["meta"]
        return [(column["name"], column["type"]) for column in meta]

    def select_header(
        self, sql: str, params: Mapping[str, str] | None = None
    ) -> list[tuple[str, str]]:
        """Names and types of a SELECT's columns, without running it. Raises QueryError."""
        rows = self.rows(f"DESCRIBE ({sql}\n) SETTINGS print_pretty_type_names = 0", params)
        return [(row[0], row[1]) for row in rows]

    def stream(
        self, sql: str, fmt: str, params: Mapping[str, str] | None = None
    ) -> Generator[bytes, None, None]:
        """Run a SELECT and yield its result in pieces, each complete in the format. Raises QueryError.

        Close it before the session: it holds the session until its end.
        """
        self._engine.check(sql)
        try:
            result = self._chdb.send_query(sql, fmt, params=dict(params or {}))
            try:
                for piece in result:
                    if data := piece.bytes():
                        yield bytes(data)
            finally:
                result.cancel()
        except RuntimeError as error:
            raise _query_error(error) from error

    def run_set(self, sql: str) -> None:
        """Run a SET statement and remember what it leaves behind. Raises QueryError."""
        self.query(sql, "Null")
        rows = self.rows("SELECT name, value FROM system.settings WHERE changed")
        self._settings = {str(name): str(value) for name, value in rows}

    @property
    def spool_folder(self) -> Path:
        """Where data can wait for their statement: on the disk that they go to."""
        return self._engine.path

    def apply(self, settings: Mapping[str, str]) -> None:
        """Apply settings (names that the engine knows) until the session ends. Raises QueryError."""
        if settings:
            values = ", ".join(f"{name} = {literal(value)}" for name, value in settings.items())
            self.query(f"SET {values}", "Null")

    @contextmanager
    def settings(self, wanted: Mapping[str, str]) -> Iterator[None]:
        """Apply settings (names that the engine knows) to the statements inside. Raises QueryError.

        Nothing may interrupt the session while it is left: its own statements undo the settings.
        """
        if not wanted:
            yield
            return
        try:
            self.apply(wanted)
            yield
        finally:
            self._restore(wanted)

    def interrupt(self) -> None:
        """Stop what the session runs now; may be called from any thread."""
        self._engine.kill(self.tag)

    def close(self) -> None:
        """Give the session back; the engine stays open."""
        self._chdb.close()

    def _run(self, sql: str, fmt: str, params: Mapping[str, str] | None) -> Any:
        self._engine.check(sql)
        return self._run_unchecked(sql, fmt, params)

    def _run_unchecked(self, sql: str, fmt: str, params: Mapping[str, str] | None) -> Any:
        try:
            return self._chdb.query(sql, fmt, params=dict(params or {}))
        except RuntimeError as error:
            raise _query_error(error) from error

    def _restore(self, names: Mapping[str, str]) -> None:
        before = (
            f"{name} = {literal(self._settings[name]) if name in self._settings else 'DEFAULT'}"
            for name in names
        )
        try:
            self.query("SET " + ", ".join(before), "Null")
        except QueryError:
            self._reopen()  # readonly=1 and the like lock a session for good

    def _reopen(self) -> None:
        database = self.rows("SELECT currentDatabase()")[0][0]
        self._chdb.close()
        self._chdb = self._engine.connect()
        self.apply(self._settings)
        self.query(f"USE {quoted(database)}", "Null")


class Engine:
    """chDB opened in a server's folder. Raises EmbeddedServerError when it cannot be.

    allow_outside: whether clients may use files, other servers and SYSTEM statements.
    """

    def __init__(self, folder: Path, *, allow_outside: bool = False) -> None:
        self.path = folder / DATA_FOLDER
        self._chdb_session = _chdb_session_class()
        self._numbers = count(1)
        self._control_guard = threading.Lock()
        self._parser_guard = threading.Lock()
        config = configure(folder, self.path, allow_outside=allow_outside)
        self._address = f"{self.path}?config-file={config}"
        _claim(self.path)
        with _kept_stderr() as kept:
            try:
                self._control = self.connect()
                self._parser = self.connect()
                self._open(allow_outside)
            except RuntimeError as error:
                _release()
                raise _unopened(self.path, kept.take() or str(error)) from error

    def _open(self, allow_outside: bool) -> None:
        self.setting_names = frozenset(self._words("SELECT name FROM system.settings"))
        version, self.timezone = self._words("SELECT version(), timezone()")
        self.version = tuple(int(part) for part in version.split(".")[:3])
        self._parser.query("SET max_query_size = 0, implicit_select = 0", "Null")
        functions = self._words("SELECT name FROM system.table_functions")
        self._confinement = None if allow_outside else Confinement(functions)
        self._check_short = lru_cache(maxsize=1000)(self._check)

    def connect(self) -> Any:
        """A raw chDB session on the folder; raises RuntimeError."""
        return self._chdb_session(self._address)

    def check(self, sql: str) -> None:
        """Raises QueryError 497 for a statement that leaves the folder, where that is not allowed, and 62 for none."""
        if self._confinement is None:
            return
        if len(sql) > MAX_REMEMBERED:
            self._check(sql)
        else:
            self._check_short(sql)

    def _check(self, sql: str) -> None:
        assert self._confinement is not None
        self._confinement.check(self._canonical(sql))

    def _canonical(self, sql: str) -> str:
        """A statement as the engine's parser writes it back, and thus what it will run."""
        try:
            with self._parser_guard:
                told = self._parser.query(
                    "SELECT formatQuerySingleLine({sql:String})",
                    "TSVRaw",
                    params={"sql": sql.translate(_ESCAPED)},
                )
                return bytes(told.bytes()).decode(errors="replace")
        except RuntimeError as error:
            refused = _query_error(error)
            text = refused.text.split(": In scope SELECT formatQuery")[0].rstrip(" .:")
            raise QueryError(refused.code, f"{text}. (SYNTAX_ERROR)") from error

    def session(self) -> Session:
        """A new session in the database `default`. Raises QueryError, as when somebody has dropped that."""
        try:
            return Session(self, f"embedded-{next(self._numbers)}")
        except RuntimeError as error:
            raise _query_error(error) from error

    def kill(self, tag: str) -> None:
        """Cancel what runs under a session's tag; returns at once."""
        with self._control_guard, suppress(RuntimeError):
            self._control.query(
                f"KILL QUERY WHERE Settings['{_TAG}'] = {literal(tag)} ASYNC", "Null"
            )

    def _words(self, sql: str) -> list[str]:
        return str(self._control.query(sql, "TSV")).split()

    def close(self) -> None:
        """Close the engine; every session must be closed by now."""
        self._parser.close()
        self._control.close()
        _release()


class _Kept:
    """What was written to stderr, as far as nobody has taken it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def take(self) -> str:
        """All of it, which is then gone."""
        self._file.seek(0)
        text = self._file.read().decode(errors="replace").strip()
        self._file.seek(0)
        self._file.truncate()
        return text


@contextmanager
def _kept_stderr() -> Iterator[_Kept]:
    """Keep what chDB writes to stderr while it opens: the reason of a failure is there, and nowhere else."""
    with tempfile.TemporaryFile() as file:
        before = os.dup(2)
        os.dup2(file.fileno(), 2)
        kept = _Kept(file)
        try:
            yield kept
        finally:
            os.dup2(before, 2)
            os.close(before)
            if told := kept.take():
                print(told, file=sys.stderr)


def _unopened(path: Path, told: str) -> EmbeddedServerError:
    found = _CODE.search(told)
    reason = (found[2] if found else told).partition("\n")[0][:500]
    return EmbeddedServerError(
        f"chDB cannot open {path}: {reason}. If another program uses it, stop that; if a file in it is damaged, take "
        "the folder from a copy, or replay the events into a new one"
    )


def _claim(path: Path) -> None:
    global _open_path
    with _open_guard:
        if _open_path is not None:
            raise EmbeddedServerError(
                f"this process already serves {_open_path}, and chDB opens one folder per process: "
                f"stop that server before starting one on {path}, or start it in a process of its own"
            )
        _open_path = path


def _release() -> None:
    global _open_path
    with _open_guard:
        _open_path = None


def _chdb_session_class() -> Any:
    try:
        from chdb.session import Session as ChdbSession
    except ImportError as error:
        raise EmbeddedServerError(_why_not_loaded(error)) from error
    return ChdbSession


def _why_not_loaded(error: BaseException) -> str:
    install = "pip install 'zhongcao[embedded]'"
    if find_spec("chdb") is None:
        return f"the embedded ClickHouse server needs chDB: {install}"
    while error.__context__:  # chDB calls every failure a missing engine
        error = error.__context__
    zone = os.environ.get("TZ", "")
    if zone and not _is_zone(zone.removeprefix(":")):
        return (
            f"chDB does not start ({error}): the variable TZ is {zone!r}, and no time zone of that name is installed; "
            "name one that is, as Asia/Shanghai or UTC, or unset it"
        )
    return f"chDB is installed and does not start ({error}): install it again, {install}"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
