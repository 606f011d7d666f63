"""A worker without Faust and without a broker: every step is one that the test takes, crashes included."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oracle.messages import CODEC, Log, Logs
from oracle.parts import whole
from sinks.block import Sink
from streams.batch import Round
from streams.outbox import merged
from streams.pipeline import Pipeline, Processed
from streams.settings import Settings
from streams.state import PartitionState
from streams.wall_clock import NowMs, machine_ms


class Worker:
    """Reads some partitions of the logs, in steps, with a state per partition and one sink.

    journal: the messages in the order in which they were processed, as rows of `messages`; workers may share one.
    """

    def __init__(
        self,
        settings: Settings,
        logs: Logs,
        sink: Sink,
        folder: Path,
        partitions: range | list[int] | None = None,
        journal: list[dict[str, Any]] | None = None,
        now_ms: NowMs = machine_ms,
    ) -> None:
        self.settings = settings
        self.logs = logs
        self.sink = sink
        self.folder = folder
        self.partitions = list(logs.partitions if partitions is None else partitions)
        self.journal: list[dict[str, Any]] = [] if journal is None else journal
        self.committed: dict[tuple[str, int], int] = defaultdict(int)
        self._now_ms = now_ms
        self._start()

    def unread(self) -> list[Log]:
        """(topic, partition) of every log that is not at its end."""
        return [
            (topic, partition)
            for partition in self.partitions
            for topic in self.logs.topics(partition)
            if self.position[topic, partition] < self.logs.length(topic, partition)
        ]

    def read(self, logs: Sequence[Log], count: int) -> Processed:
        """Process up to `count` messages of each of some logs of a partition; their rows wait for `write`."""
        found = Round(tuple(self.logs.batch(*log, self.position[log], count) for log in logs))
        pipeline = self.pipelines[found.partition]
        held = self.logs.ranges(found.partition, self.committed)
        processed = whole(pipeline.parts(pipeline.prepare(found, held)))
        self.waiting.append(processed)
        for batch in found.batches:
            self.position[batch.topic, batch.partition] = batch.next_offset
            for row in self.logs.rows(batch):
                read = {"seq": len(self.journal), "read_at": self._now_ms()}
                read["epoch"] = self.settings.epoch
                self.journal.append(read | row)
        return processed

    def write(self) -> None:
        """Hand everything that waits to the sink, and acknowledge it."""
        for block in self._blocks():
            self.sink.insert(block)
        for processed in self.waiting:
            for batch in processed.batches:
                self.acknowledged[batch.topic, batch.partition] = batch.next_offset
        self.waiting.clear()

    def commit(self) -> None:
        """Commit what was acknowledged."""
        self.committed.update(self.acknowledged)

    def crash(self, blocks_written: int = 0) -> None:
        """Lose what waits, but for its first blocks, and start again from the committed offsets."""
        for block in self._blocks()[:blocks_written]:
            self.sink.insert(block)
        self.close()
        self._start()

    def drain(self, batch_records: int = 1_000_000) -> None:
        """Read and write everything, topic after topic as they come."""
        while unread := self.unread():
            self.read(unread[:1], batch_records)
            self.write()
        self.commit()

    def close(self) -> None:
        for pipeline in self.pipelines.values():
            pipeline.state.close()

    def _start(self) -> None:
        self.waiting: list[Processed] = []
        self.position = self.committed.copy()
        self.acknowledged = self.committed.copy()
        self.pipelines = {
            partition: Pipeline(
                self.settings, CODEC, PartitionState(self.folder / str(partition)), self._now_ms
            )
            for partition in self.partitions
        }

    def _blocks(self) -> list[Any]:
        return merged([block for processed in self.waiting for block in processed.blocks])
