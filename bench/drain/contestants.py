"""Who takes part, and how each of them is run over one set of topics."""

import csv
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.drain.traffic import LOOKBACK_DAYS, Published, Row
from bench.environments import RIVALS, CannotRun, environment
from bench.measured import Command, Cost, run, touch_memory
from bench.worker import WORKER, Group, clickhouse_beside
from sinks.connection import ClickHouse
from streams.join.windows import MAX_PATH
from streams.kafka import topics

CONTRACTS: Final = Path(__file__).parents[2] / "schemas" / "contracts"
#: With this code a program says that it cannot run here, and why on stderr.
CANNOT_RUN: Final = 3


@dataclass(frozen=True, slots=True)
class Drained:
    """events: how many source records were processed. rows: what was joined; None where rows are thrown away."""

    cost: Cost
    events: int
    rows: frozenset[Row] | None

    @property
    def cut_short(self) -> bool:
        """Was the time up before it was done? Then it says nothing about speed."""
        return self.cost.code is None


@dataclass(frozen=True, slots=True)
class Contestant(ABC):
    """name: of its program. title: for people.

    newest: of so many touches of a sub-order it keeps the newest, if there are more.
    """

    name: str
    title: str
    newest: int | None = None

    @abstractmethod
    def drain(self, broker: str, published: Published, folder: Path, limit_s: float) -> Drained:
        """Run it from offset 0 to the ends. Raises: CannotRun."""


class Program(Contestant):
    """A program of bench/rivals, with its packages in a virtual environment of its own."""

    def drain(self, broker: str, published: Published, folder: Path, limit_s: float) -> Drained:
        task = folder / "task.json"
        given = {
            "broker": broker,
            "ends": published.ends,
            "lookback_days": LOOKBACK_DAYS,
            "contracts": str(CONTRACTS),
            "folder": str(folder),
        }
        task.write_text(json.dumps(given))
        made = environment(self.name)
        command = [str(made.python), str(RIVALS / f"{self.name}.py"), str(task)]
        jars = {"FLINK_JARS": str(made.jars)}
        touch_memory()
        cost = run(Command(command, jars, folder / "log"), limit_s)
        if cost.code == CANNOT_RUN:
            raise CannotRun((folder / "log").read_text().strip().splitlines()[-1])
        if cost.code not in (0, None):
            raise RuntimeError(f"{self.name} failed:\n{(folder / 'log').read_text()[-2000:]}")
        return Drained(cost, self._events(folder), self._rows(folder))

    def _events(self, folder: Path) -> int:
        found: int = json.loads((folder / "progress.json").read_text())["events"]
        return found

    def _rows(self, folder: Path) -> frozenset[Row] | None:
        file = folder / "rows.csv"
        if not file.exists():
            return None
        with file.open(newline="") as lines:
            return frozenset(
                Row(
                    row["sub_order_id"],
                    row["kind"],
                    row["note_id"],
                    int(row["occurred_at"]) if row["occurred_at"] else None,
                )
                for row in csv.DictReader(lines)
            )


class Worker(Contestant):
    """One zhongcao worker, as it runs everywhere: changelog, state, dead letters and all.

    ClickHouse is a process beside it, which is not counted. null: rows are computed and thrown away.
    """

    def drain(self, broker: str, published: Published, folder: Path, limit_s: float) -> Drained:
        with (
            clickhouse_beside(folder / "clickhouse") as clickhouse,
            Group(broker, clickhouse, folder, partitions=published.partitions) as group,
        ):
            topics.create(group.settings, replication=1)
            cost = group.run(
                "drain", limit_s, lambda: group.committed() >= published.events, self._command()
            )
            return Drained(cost, group.committed(), self._rows(clickhouse))

    def _command(self) -> Sequence[str]:
        return WORKER

    def _rows(self, clickhouse: ClickHouse) -> frozenset[Row] | None:
        return rows_in(clickhouse)


class NullWorker(Worker):
    """The same, but rows are thrown away instead of sent to ClickHouse."""

    def _command(self) -> Sequence[str]:
        return [sys.executable, "-m", "bench.drain.null_sink"]

    def _rows(self, clickhouse: ClickHouse) -> None:
        return None


def rows_in(clickhouse: ClickHouse) -> frozenset[Row]:
    """The join, as zhongcao's tables have it."""
    query = """
        SELECT sub_order_id, kind, note_id, toUnixTimestamp64Milli(occurred_at)
        FROM current_conversions
        LEFT ARRAY JOIN
            arrayMap(k -> toString(k), `path.kind`) AS kind,
            `path.note_id` AS note_id,
            `path.occurred_at` AS occurred_at
    """
    with clickhouse.client() as client:
        found = client.execute(query)
    return frozenset(
        Row(sub_order_id, kind, note_id, occurred_at) if note_id else Row(sub_order_id)
        for sub_order_id, kind, note_id, occurred_at in found
    )


CONTESTANTS: Final[tuple[Contestant, ...]] = (
    Worker("zhongcao", "zhongcao, complete, into ClickHouse", newest=MAX_PATH),
    NullWorker("zhongcao-null", "zhongcao, rows thrown away"),
    Program("flink_sql", "Flink SQL, interval join, RocksDB"),
    Program("quix", "Quix Streams"),
    Program("stock_faust", "Faust as it comes, tables in RocksDB"),
    Program("bytewax_flow", "Bytewax, all in memory"),
    Program("clickhouse_kafka", "ClickHouse alone, Kafka engine"),
    Program("librdkafka", "librdkafka reading only: the limit"),
)
