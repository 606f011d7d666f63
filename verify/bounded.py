"""kafka-python, whose record batches do not expand to more than there is room for: see `streams.transport.one_batch`.

It knows every compression by that, too.
"""

from typing import Any

from kafka.consumer import fetcher

from streams.transport.expansion import MESSAGE_BYTES
from streams.transport.one_batch import RecordBatch, end_of


class MemoryRecords(fetcher.MemoryRecords):  # type: ignore[misc]
    """kafka-python's."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(raw)
        self._raw = raw
        self._at = 0

    def next_batch(self) -> Any:
        """The next one, None behind the last."""
        batch = super().next_batch()
        if batch is None:
            return None
        begins, self._at = self._at, end_of(self._raw, self._at)
        raw = memoryview(self._raw)[begins : self._at]
        return RecordBatch(batch, raw, 0, MESSAGE_BYTES, whole=False)


def bound() -> None:
    """From now on, all that reads with kafka-python in this process is bounded."""
    fetcher.MemoryRecords = MemoryRecords
