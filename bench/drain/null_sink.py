"""python -m bench.drain.null_sink: a worker that throws its rows away instead of sending them to ClickHouse."""

import streams.lean  # noqa: F401 - as in streams.worker

# isort: split

from threading import Event

from sinks.block import Block
from sinks.writer import Writer
from streams import worker
from streams.settings import Settings


class NullWriter(Writer):
    """Counts rows, and acknowledges them at once."""

    def insert(self, block: Block, give_up: Event | None = None) -> None:
        self.counters[block.table].rows += len(block)


if __name__ == "__main__":
    vars(worker)["Writer"] = NullWriter
    worker.run(Settings.load())
