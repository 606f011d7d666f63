"""A sink for tests: it keeps what it is given."""

from threading import Event
from typing import Any

from sinks.block import Block


class MemorySink:
    """Keeps blocks in memory, in the order of their inserts, without replacing or merging any
    row."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []

    def insert(self, block: Block, give_up: Event | None = None) -> None:
        """Keep the block."""
        self.blocks.append(block)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of one table as {column: value}, in the order of their inserts."""
        return [
            row
            for block in self.blocks
            if block.table == table
            for row in block.frame.iter_rows(named=True)
        ]
