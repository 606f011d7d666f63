"""A changelog's topic as lists."""

from collections import defaultdict
from collections.abc import AsyncGenerator


class ListLog:
    """Partitions of records in memory. records: partition → all that was ever appended."""

    def __init__(self) -> None:
        self.records: dict[int, list[bytes]] = defaultdict(list)
        self._starts: dict[int, int] = defaultdict(int)

    async def append(self, partition: int, record: bytes) -> int:
        self.records[partition].append(record)
        return len(self.records[partition]) - 1

    async def first_offset(self, partition: int) -> int:
        return self._starts[partition]

    async def end_offset(self, partition: int) -> int:
        return len(self.records[partition])

    async def read(
        self, partition: int, start: int, end: int
    ) -> AsyncGenerator[tuple[int, bytes], None]:
        assert self._starts[partition] <= start
        for offset in range(start, end):
            yield offset, self.records[partition][offset]

    def expire(self, partition: int, before: int) -> None:
        """Hold nothing before an offset any more."""
        self._starts[partition] = before
