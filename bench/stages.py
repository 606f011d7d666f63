"""python -m bench.stages: where the time of a round goes, without Kafka and ClickHouse.

One partition number's events go through its pipeline in the order in which a worker reads them, abreast. What is
measured is processor time, by stage: each is what its function takes, less the stages inside of it.
"""

import streams.lean  # noqa: F401 - as in streams.worker

# isort: split

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
import numpy as np
from faust.types import TP
from rich.console import Console
from rich.table import Column, Table

from bench.drain.traffic import traffic
from schemas.codec import Codec
from schemas.columns import binary
from schemas.registry import DirectoryRegistry
from schemas.topics import SOURCE_TOPICS
from sources.generator import generate
from streams.batch import Batch, Round
from streams.changelog.records import Claimed, to_bytes
from streams.event_time import LogRange
from streams.joining import Joining
from streams.pipeline import Pipeline
from streams.settings import Settings
from streams.state import HistoryReader, PartitionState
from streams.transport.abreast import Abreast

#: About what a fetch of views holds.
FETCH = 40_000

console = Console()


class Stages:
    """Processor time by stage, s."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._inner = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        outer, self._inner = self._inner, 0.0
        began = time.process_time()
        try:
            yield
        finally:
            took = time.process_time() - began
            self.seconds[name] += took - self._inner
            self._inner = outer + took

    def timed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            with self.stage(name):
                found = call(*args, **kwargs)
                # What is made as it is asked for is made within the stage.
                return list(found) if isinstance(found, Iterator) else found

        return run


@click.command()
@click.option(
    "--events",
    default=500_000,
    type=click.IntRange(min=1),
    show_default=True,
    help="Events of one partition.",
)
def main(events: int) -> None:
    """Show the stages of a round, in µs of processor time per event."""
    stages, rounds = Stages(), list(abreast(events))
    inside = {
        "decode": (Codec, "decode"),
        "state put": (PartitionState, "apply"),
        "read histories": (HistoryReader, "_entries"),
        "join": (Joining, "rows"),
    }
    with ExitStack() as stack:
        for name, (owner, method) in inside.items():
            call = stages.timed(name, getattr(owner, method))
            stack.enter_context(patch.object(owner, method, _as_method(call)))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        state = PartitionState(folder / "state")
        run(Pipeline(Settings(), Codec(DirectoryRegistry()), state), rounds, stages)
        state.close()
    _show(stages, sum(map(len, rounds)), len(rounds))


def run(pipeline: Pipeline, rounds: list[Round], stages: Stages) -> None:
    """What a worker does with each round, up to the blocks for ClickHouse."""
    ends = {batch.topic: batch.next_offset for found in rounds for batch in found.batches}
    for found in rounds:
        read_to = pipeline.state.read_to
        logs = {
            topic: LogRange(0, ends.get(topic, 0), committed=read_to.get(topic, 0))
            for topic in SOURCE_TOPICS
        }
        with stages.stage("judge"):
            prepared = pipeline.prepare(found, logs)
        with stages.stage("changelog record"):
            to_bytes(Claimed(0, 0, prepared.change))
        with stages.stage("rows"):
            for _ in pipeline.parts(prepared):
                pass


def abreast(events: int, partition: int = 0) -> Iterator[Round]:
    """Generated events as the rounds of one partition number, each topic fetched as it is needed.

    partition: each has users of its own, and others do other things.
    """
    codec, of = Codec(DirectoryRegistry()), traffic(events)
    found: dict[str, list[tuple[int, bytes, bytes]]] = {topic: [] for topic in SOURCE_TOPICS}
    for number, event in enumerate(generate(replace(of, seed=of.seed + partition))):
        user = f"{event.record['user_id']}-{partition}"
        key, value = user.encode(), codec.encode(event.topic, event.record | {"user_id": user})
        found[event.topic].append((1_760_000_000_000 + number, key, value))
    fetched = dict.fromkeys(SOURCE_TOPICS, 0)
    ours = [TP(topic, 0) for topic in SOURCE_TOPICS]
    waiting = Abreast(lambda tp: fetched[tp.topic] < len(found[tp.topic]), lambda: 0.0)
    while waiting.holding or any(fetched[topic] < len(found[topic]) for topic in SOURCE_TOPICS):
        for tp in ours:
            start = fetched[tp.topic]
            records = found[tp.topic][start : start + FETCH]
            if records and tp not in waiting.holding:
                fetched[tp.topic] += len(records)
                waiting.put(tp, [batch_of(tp.topic, start, records)])
        while (taken := waiting.take(ours)) is not None:
            yield taken


def batch_of(topic: str, start: int, records: list[tuple[int, bytes, bytes]]) -> Batch:
    """A batch of records (timestamp in ms, key, value), from an offset on."""
    timestamps, keys, values = zip(*records, strict=True)
    offsets = np.arange(start, start + len(records))
    return Batch(
        topic, 0, offsets, np.array(timestamps), binary(keys), binary(values), start + len(records)
    )


def _as_method(call: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, *args, **kwargs: call(self, *args, **kwargs)


def _show(stages: Stages, events: int, rounds: int) -> None:
    console.print(f"{events:,} events in {rounds} rounds", highlight=False)
    table = Table("stage", Column("µs per event", justify="right"), box=None)
    longest_first = sorted(stages.seconds.items(), key=lambda found: -found[1])
    for name, seconds in (*longest_first, ("all", sum(stages.seconds.values()))):
        table.add_row(name, f"{seconds / events * 1e6:.2f}")
    console.print(table)


if __name__ == "__main__":
    main()
