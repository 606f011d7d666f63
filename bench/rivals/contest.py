"""What every contestant of the drain benchmark is given and leaves; nothing here joins.

    python bench/rivals/NAME.py TASK.json

A contestant reads four topics from offset 0 to their ends, joins every payment with the touches of the same user and
brand in the days before it, leaves `rows.csv` and `progress.json` in the task's folder, and ends with code 0.
Code 3, and a sentence on stderr, mean that it cannot run here.
"""

# mypy: disable-error-code="import-not-found"
import csv
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn, Self

VIEWS, SAVES, CLICKS, PURCHASES = "note-views", "note-saves", "link-clicks", "taobao-purchases"
#: What a touch of each topic is called in the rows.
KINDS = {VIEWS: "view", SAVES: "save", CLICKS: "click"}
COLUMNS = ("sub_order_id", "kind", "note_id", "occurred_at")
#: Magic byte and schema id, before each datum.
WIRE_HEADER_BYTES = 5
DAY_MS = 86_400_000
CANNOT_RUN = 3
PROGRESS_S = 1.0
#: Takes a row of `COLUMNS`.
Write = Callable[[Sequence[object]], object]


def cannot_run(sentence: str) -> NoReturn:
    """End, because this machine lacks what the contestant needs."""
    print(sentence, file=sys.stderr)
    sys.exit(CANNOT_RUN)


@contextmanager
def packages_of(contestant: str) -> Iterator[None]:
    """Imports of third parties stand inside; a missing one is told in a sentence."""
    try:
        yield
    except ImportError as error:
        cannot_run(
            f"{contestant} cannot run here: {error}; "
            f"pip install -r bench/rivals/requirements/{contestant}.txt brings what it needs."
        )


@dataclass(frozen=True)
class Task:
    """ends: source topic → end offset of each partition; folder: a fresh one."""

    broker: str
    ends: Mapping[str, Sequence[int]]
    lookback_days: int
    contracts: Path
    folder: Path

    @classmethod
    def given(cls) -> Self:
        """The task that the command line names."""
        if len(sys.argv) != 2:
            sys.exit(f"usage: python {sys.argv[0]} TASK.json")
        given = json.loads(Path(sys.argv[1]).read_text())
        given |= {name: Path(given[name]).absolute() for name in ("contracts", "folder")}
        return cls(**given)

    @property
    def events(self) -> int:
        """How many records there are."""
        return sum(sum(ends) for ends in self.ends.values())

    @property
    def lookback_ms(self) -> int:
        return self.lookback_days * DAY_MS

    @cached_property
    def schemas(self) -> dict[int, str]:
        """Schema id → contract, as a registry would have them."""
        return {int(file.name.split("-")[0]): file.read_text() for file in self._contract_files()}

    def schema(self, source: str) -> Any:
        """The newest contract of a source topic, parsed as JSON."""
        *_, file = (file for file in self._contract_files() if file.stem.endswith(source))
        return json.loads(file.read_text())

    def _contract_files(self) -> list[Path]:
        return sorted(self.contracts.glob("*.avsc"))


def decoder(task: Task, source: str) -> Callable[[bytes], dict[str, Any]]:
    """Decodes values of a source topic with fastavro."""
    import fastavro  # only some contestants have it

    schema = fastavro.parse_schema(task.schema(source))

    def decode(value: bytes) -> dict[str, Any]:
        stream = BytesIO(value)
        stream.seek(WIRE_HEADER_BYTES)
        record: dict[str, Any] = fastavro.schemaless_reader(stream, schema, None)
        return record

    return decode


class Progress:
    """Tells about each second, while inside, how many records have been processed; the owner counts `events`."""

    def __init__(self, folder: Path) -> None:
        self.events = 0
        self._file = folder / "progress.json"
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._write()

    def _run(self) -> None:
        while not self._ended.wait(PROGRESS_S):
            self._write()

    def _write(self) -> None:
        unfinished = self._file.with_suffix(".new")
        unfinished.write_text(json.dumps({"events": self.events}))
        unfinished.replace(self._file)


@contextmanager
def schema_registry(task: Task) -> Iterator[str]:
    """The address of a schema registry that knows the contracts and can do nothing but hand them out."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = re.match(r"/schemas/ids/(\d+)", self.path)
            schema = task.schemas.get(int(found[1])) if found else None
            body = json.dumps({"schema": schema} if schema else {"error_code": 40403}).encode()
            self.send_response(200 if schema else 404)
            self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def rows_file(task: Task) -> Iterator[Write]:
    """`rows.csv` of the task, with its header."""
    with (task.folder / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        yield writer.writerow
