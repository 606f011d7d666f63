"""python -m bench.sizes: how many bytes an event takes in Kafka, in the changelog, in the state and in ClickHouse.

The first events of a large crowd, so that most users come once (ids of 24 random hexadecimal digits; 95 % views, 3 %
saves, 1.5 % clicks, 0.5 % order lines), go through the pipeline of one partition number. docs/sizing.md reckons with
what is printed here.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import lz4.frame
import numpy as np
from rich.console import Console
from rich.table import Column, Table

from bench.latency.load import Load
from bench.worker import clickhouse_beside
from schemas.codec import Codec
from schemas.columns import binary
from schemas.registry import DirectoryRegistry
from schemas.topics import SOURCE_TOPICS
from sinks.connection import ClickHouse
from sinks.writer import Writer
from streams.batch import Batch, Round
from streams.changelog.records import Claimed, to_bytes
from streams.event_time import LogRange
from streams.pipeline import Pipeline
from streams.settings import Settings
from streams.state import PartitionState

#: Events of a second, so that they are spread over hours; where they begin, ms.
RATE: Final = 100
BEGAN_MS: Final = 1_780_000_000_000
#: So many times as many events has the crowd.
CROWD: Final = 20
#: Events that are fetched at once, and messages that a producer sends at once, compressed together.
FETCH: Final = 20_000
SENT_TOGETHER: Final = 1_000

ON_DISK: Final = """
    SELECT table, sum(rows), sum(bytes_on_disk)
    FROM system.parts
    WHERE active AND database = currentDatabase()
    GROUP BY table
    HAVING sum(rows) > 0
    ORDER BY sum(bytes_on_disk) DESC
"""

console = Console()


@click.command()
@click.option(
    "--events",
    default=400_000,
    type=click.IntRange(min=1),
    show_default=True,
    help="Events of all four topics.",
)
def main(events: int) -> None:
    """Print bytes by place, and rows by table."""
    measured = ("rows or messages per event", "bytes of each")
    table = Table("place", *(Column(of, justify="right") for of in measured), box=None)
    with tempfile.TemporaryDirectory(prefix="sizes-") as name:
        folder = Path(name)
        with clickhouse_beside(folder / "clickhouse") as clickhouse:
            load = Load(RATE, CROWD * events / RATE, 1, BEGAN_MS)
            for place, count, size in _sizes(load, events, clickhouse, folder):
                table.add_row(place, f"{count / events:.4f}", f"{size / count:,.1f}")
    console.print(table)


def _sizes(
    load: Load, events: int, clickhouse: ClickHouse, folder: Path
) -> Iterator[tuple[str, int, int]]:
    """Place, how many lie there, and their bytes."""
    codec, settings = Codec(DirectoryRegistry()), Settings()
    fetches = list(_fetches(load, events, codec))
    for topic in SOURCE_TOPICS:
        ours = [batch for batch in fetches if batch.topic == topic]
        yield f"{topic}, LZ4", sum(map(len, ours)), sum(map(_sent, ours))
    state = PartitionState(folder / "state")
    pipeline, ends = Pipeline(settings, codec, state), {b.topic: b.next_offset for b in fetches}
    changes = 0
    with Writer(clickhouse) as writer:
        for number in range(0, len(fetches), len(SOURCE_TOPICS)):
            logs = {
                topic: LogRange(0, ends[topic], committed=state.read_to.get(topic, 0))
                for topic in SOURCE_TOPICS
            }
            found = Round(tuple(fetches[number : number + len(SOURCE_TOPICS)]))
            prepared = pipeline.prepare(found, logs)
            changes += len(to_bytes(Claimed(0, 0, prepared.change)))
            for part in pipeline.parts(prepared):
                for block in part.blocks:
                    writer.insert(block)
    state.close()
    yield "changelog", events, changes
    with clickhouse.client() as client:
        stored: list[Any] = client.execute(ON_DISK)
        for table, *_ in stored:
            client.execute(f"OPTIMIZE TABLE `{table}` FINAL")
        stored = client.execute(ON_DISK)
    for table, rows, size in stored:
        yield f"ClickHouse, {table}", rows, size


def _fetches(load: Load, events: int, codec: Codec) -> Iterator[Batch]:
    """Batches in the order of time, a topic after the other."""
    offsets = dict.fromkeys(SOURCE_TOPICS, 0)
    for first in range(0, events, FETCH):
        for topic in SOURCE_TOPICS:
            numbers = load.numbers(topic, first, min(first + FETCH, events))
            records = load.records(topic, numbers).to_dicts()
            start = offsets[topic]
            offsets[topic] += len(records)
            yield Batch(
                topic,
                0,
                np.arange(start, offsets[topic]),
                load.occurred_at(numbers),
                binary([record["user_id"].encode() for record in records]),
                binary([codec.encode(topic, record) for record in records]),
                offsets[topic],
            )


def _sent(batch: Batch) -> int:
    """Bytes of keys and values as a producer sends them."""
    messages = [
        (key or b"") + (value or b"") for key, value in zip(batch.keys, batch.values, strict=True)
    ]
    parts = (messages[at : at + SENT_TOGETHER] for at in range(0, len(messages), SENT_TOGETHER))
    return sum(len(lz4.frame.compress(b"".join(part))) for part in parts)


if __name__ == "__main__":
    main()
