"""python -m bench.rebuild: what a rebuild joins anew in a second of processor time, beside what a drain does.

Both in one run, into one embedded ClickHouse, whose work is counted with ours: first generated events go through the
pipelines of some partition numbers, rows and all; then their facts are joined anew, once all of them and once those of
a week. That must change no row.
"""

import streams.lean  # noqa: F401 - as in streams.worker

# isort: split

import resource
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Column, Table

from bench.stages import abreast
from rebuild import Done, Scope, rebuild
from schemas.codec import Codec
from schemas.registry import DirectoryRegistry
from schemas.topics import SOURCE_TOPICS
from sinks.block import Block
from sinks.connection import ClickHouse
from sinks.writer import Writer
from streams.clickhouse import embedded_clickhouse
from streams.event_time import LogRange
from streams.outbox import merged
from streams.pipeline import Pipeline
from streams.settings import Settings
from streams.state import PartitionState

#: Events of a partition number.
OF_PARTITION: Final = 1_000_000
#: Rounds whose rows go to ClickHouse together.
AT_ONCE: Final = 16

console = Console()


@click.command()
@click.option("--millions", default=1.0, show_default=True, help="Events, in millions.")
def main(millions: float) -> None:
    """Show what events and facts cost, in µs of processor time, and the memory that it took."""
    settings, events = Settings(broker="memory://"), round(millions * 1_000_000)
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded_clickhouse(Path(folder) / "data", settings.clickhouse_database) as clickhouse,
    ):
        drained_s, facts = 0.0, 0
        for partition, start in enumerate(range(0, events, OF_PARTITION)):
            some = min(OF_PARTITION, events - start)
            seconds, count = _drain(
                clickhouse, settings, Path(folder) / str(partition), some, partition
            )
            drained_s, facts = drained_s + seconds, facts + count
        _show(clickhouse, settings, drained_s, facts)


def _drain(
    clickhouse: ClickHouse, settings: Settings, folder: Path, events: int, partition: int
) -> tuple[float, int]:
    """Processor time of a partition number's events, and how many there are."""
    rounds = list(abreast(events, partition))
    ends = {batch.topic: batch.next_offset for found in rounds for batch in found.batches}
    began = time.process_time()
    state = PartitionState(folder)
    pipeline = Pipeline(settings, Codec(DirectoryRegistry()), state)
    waiting: list[Block] = []
    with Writer(clickhouse) as writer:
        for number, found in enumerate(rounds, 1):
            logs = {
                topic: LogRange(0, ends.get(topic, 0), committed=state.read_to.get(topic, 0))
                for topic in SOURCE_TOPICS
            }
            for part in pipeline.parts(pipeline.prepare(found, logs)):
                waiting += part.blocks
            if number % AT_ONCE == 0 or number == len(rounds):
                for block in merged(waiting):
                    writer.insert(block)
                waiting.clear()
    state.close()
    count = sum(map(len, rounds))
    console.print(f"{count:,} events drained", style="dim", highlight=False)
    return time.process_time() - began, count


def _show(clickhouse: ClickHouse, settings: Settings, drained_s: float, facts: int) -> None:
    columns = ("facts", "CPU s", "µs each", "a CPU s", "of a drain", "peak MiB")
    table = Table("", *(Column(name, justify="right") for name in columns), box=None)

    def add(name: str, count: int, seconds: float) -> None:
        share = drained_s / facts / (seconds / count)
        speed = f"{seconds / count * 1e6:.1f}", f"{count / seconds:,.0f}", f"{share:.2f}"
        table.add_row(name, f"{count:,}", f"{seconds:.1f}", *speed, f"{_peak_mib():,.0f}")

    add("drain", facts, drained_s)
    before = _standing(clickhouse)
    done, seconds = _timed(lambda: rebuild(settings, clickhouse, Scope(), _told))
    add("rebuild of all", facts, seconds)
    if done.until:
        week = Scope(since=done.until - timedelta(20), until=done.until - timedelta(14))
        one, seconds = _timed(lambda: rebuild(settings, clickhouse, week, _told))
        add("rebuild of a week", max(one.facts, 1), seconds)
    console.print(table)
    if _standing(clickhouse) != before:
        raise SystemExit("The rebuild has changed rows that were right.")


def _told(share: float, what: str) -> None:
    console.print(f"{share:4.0%}  {what}", style="dim", highlight=False)


def _timed(run: Callable[[], Done]) -> tuple[Done, float]:
    began = time.process_time()
    return run(), time.process_time() - began


def _standing(clickhouse: ClickHouse) -> list[tuple[int, ...]]:
    """Numbers and sums of what stands."""
    queries = (
        "SELECT count(), sum(sipHash64(version)) FROM conversions FINAL",
        "SELECT count(), sum(sipHash64(toString(tuple(*)))) FROM journeys FINAL",
    )
    with clickhouse.client() as client:
        return [client.execute(query)[0] for query in queries]


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
