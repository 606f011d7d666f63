"""One release of ClickHouse's engine in a process of its own, and a client for it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException
from clickhouse_driver.util.escape import escape_param, escape_params

from sinks.connection import ClickHouse
from sinks.quoting import quoted

CHILD = Path(__file__).parent / "child.py"


class Engine:
    """chDB out of `wheels`, or our own where that is None, on a folder. Use it from one thread."""

    def __init__(self, wheels: Path | None, folder: Path) -> None:
        path = {"PYTHONPATH": str(wheels)} if wheels else {}
        self._process = subprocess.Popen(
            [sys.executable, str(CHILD), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | path,
        )
        self.ask("SET output_format_json_quote_64bit_integers = 0")

    def ask(self, statement: str, fmt: str = "TSV") -> str:
        """What a statement prints. Raises ServerException."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([statement, fmt]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the engine died of: {statement[:1000]}"
        told = json.loads(line)
        if isinstance(told, list):
            code, text = told
            raise ServerException(text, code)
        return str(told)

    def close(self) -> None:
        with self._process:
            assert self._process.stdin
            self._process.stdin.close()
            self._process.wait(60)


@contextmanager
def running(wheels: Path | None, folder: Path) -> Iterator[Engine]:
    engine = Engine(wheels, folder)
    try:
        yield engine
    finally:
        engine.close()


class EngineClient:
    """As much of the driver's client as is used by whoever writes no blocks."""

    def __init__(self, engine: Engine, database: str) -> None:
        self._engine = engine
        self._database = database or "default"

    def __enter__(self) -> "EngineClient":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, query: str, params: Any = None) -> list[tuple[Any, ...]]:
        """Rows of numbers, texts and lists: times are texts."""
        if isinstance(params, Mapping):
            query %= escape_params(params, None)
        elif params is not None:
            query += ", ".join(escape_param(tuple(row), None) for row in params)
        self._engine.ask(f"USE {quoted(self._database)}")
        told = self._engine.ask(query, "JSONCompactEachRow")
        return [tuple(json.loads(line)) for line in told.splitlines()]


@dataclass(frozen=True, slots=True)
class Place(ClickHouse):
    """A database of an engine, for what takes a connection."""

    engine: Engine = field(kw_only=True)

    def client(self, database: str | None = None, kind: type[Client] = Client) -> Any:
        return EngineClient(self.engine, self.database if database is None else database)
