"""kafka-python, whose record batches do not expand to more than there is room for: see `streams.transport.one_batch`.

It knows every compression by that, too.
"""

from kafka.consumer import fetcher

from streams.transport.one_batch import BoundedRecords


class MemoryRecords(BoundedRecords, fetcher.MemoryRecords):  # type: ignore[misc]
    """kafka-python's."""


def bound() -> None:
    """From now on, all that reads with kafka-python in this process is bounded."""
    fetcher.MemoryRecords = MemoryRecords
