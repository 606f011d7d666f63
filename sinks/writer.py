"""Inserts blocks into ClickHouse and returns when they are acknowledged."""

import socket
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Lock
from types import TracebackType
from typing import Self

from schemas.errors import SinkError, SinkUnavailable
from sinks.block import Block
from sinks.client import ColumnClient
from sinks.connection import ClickHouse
from sinks.retry import RetryPolicy, persistently

MAX_BLOCK_ROWS = 100_000
#: On its way a block takes as much again, and up to three times as much where it is compressed. Measured.
MAX_BLOCK_BYTES = 32 << 20


@dataclass(slots=True)
class Counters:
    """What one table has been given so far.

    rows, inserts: acknowledged. retries: attempts that failed and were repeated. seconds: spent in
        all, waits included.
    """

    rows: int = 0
    inserts: int = 0
    retries: int = 0
    seconds: float = 0.0


class Writer:
    """Inserts blocks over one connection, which it opens when needed and again after it broke.

    Only one thread may use it; any may close it. counters holds, per table, what has been done so far.
    answers: whether ClickHouse did what it was last asked; answered_at: Unix time when it last did, s.
    tried_at: `time.monotonic()` when an attempt last ended, well or not.
    """

    def __init__(
        self,
        connection: ClickHouse,
        policy: RetryPolicy | None = None,
        max_block_rows: int = MAX_BLOCK_ROWS,
        sleep: Callable[[Event, float], object] = Event.wait,
    ) -> None:
        self.counters: defaultdict[str, Counters] = defaultdict(Counters)
        self.answers = False
        self.answered_at: float | None = None
        self.tried_at = time.monotonic()
        self._connection = connection
        self._client = connection.client(kind=ColumnClient)
        self._asking = Lock()
        self._policy = policy or RetryPolicy()
        self._max_block_rows = max_block_rows
        self._sleep = sleep

    def insert(self, block: Block, give_up: Event | None = None) -> None:
        """Insert all rows of a block; return when ClickHouse has acknowledged them.

        More rows than max_block_rows, or larger ones than MAX_BLOCK_BYTES in all, go in several inserts. An empty
        block is no insert.
        give_up: once another thread sets it, no further attempt is made.

        Raises SinkUnavailable when ClickHouse stayed away through all attempts or until give_up,
        SinkRejected when it refused the rows; either way, any part of the block may have been
        inserted, and inserting all of it again is safe.
        """
        for part in block.cut(self._max_block_rows, MAX_BLOCK_BYTES):
            self._insert_part(part, give_up or Event())

    def ping(self) -> None:
        """Ask the server for a sign of life, once.

        Raises SinkUnavailable when it gives none, SinkRejected when it does not let us in.
        """
        once = RetryPolicy(attempts=1)
        self.answers = False
        persistently(self._select_one, "ping", self._connection.address, once)
        self._note_answer()

    def close(self) -> None:
        """Close the connection, also under an insert that waits for an answer; a later one opens a new one."""
        channel = self._client.connection.socket
        if channel is not None:
            with suppress(OSError):
                channel.shutdown(socket.SHUT_RDWR)
        # The driver must not close twice at once: it would stumble over itself.
        with self._asking:
            self._client.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _insert_part(self, block: Block, give_up: Event) -> None:
        counters = self.counters[block.table]
        statement = insert_statement(block)
        columns = block.frame.get_columns()

        def send() -> None:
            if give_up.is_set():
                raise SinkUnavailable(
                    f"ClickHouse at {self._connection.address} was not asked again to take rows for "
                    f"{block.table}: the worker stops or has lost their partitions. Nothing is lost"
                )
            with self._asking:
                self._client.execute(statement, columns, columnar=True)

        def count_retry() -> None:
            self.answers = False
            self.tried_at = time.monotonic()
            counters.retries += 1

        started = time.monotonic()
        try:
            persistently(
                send,
                f"insert of {len(block)} rows into {block.table}",
                self._connection.address,
                self._policy,
                lambda wait_s: self._sleep(give_up, wait_s),
                count_retry,
            )
        except SinkError:
            self.answers = False
            raise
        finally:
            counters.seconds += time.monotonic() - started
        counters.rows += len(block)
        counters.inserts += 1
        self._note_answer()

    def _note_answer(self) -> None:
        self.answers = True
        self.tried_at = time.monotonic()
        self.answered_at = time.time()

    def _select_one(self) -> None:
        with self._asking:
            self._client.execute("SELECT 1")


def insert_statement(block: Block) -> str:
    """INSERT of the block's columns, in their order."""
    names = ", ".join(f"`{name}`" for name in block.frame.columns)
    return f"INSERT INTO {block.table} ({names}) VALUES"
