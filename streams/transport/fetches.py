"""What aiokafka has fetched, drained no further than there is room in memory.

Its classes are replaced by these where its fetcher makes them, so they hold for all that reads with it; a consumer of
`consumer` is certain to be bounded. `tests/integration/test_internals.py` fails when what they rely on moves.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError

from schemas.errors import BrokerError
from streams.kafka.topic_rules import CHANGELOG_MESSAGE_BYTES
from streams.transport.expansion import MESSAGE_BYTES
from streams.transport.one_batch import BoundedRecords, memory_bytes

#: What record batches may expand to before what was read of them goes on its way.
EXPANDED_BYTES = 128 << 20


def consumer(**options: Any) -> AIOKafkaConsumer:
    """A consumer of records, none of them larger than our own."""
    return AIOKafkaConsumer(**options)


class MemoryRecords(BoundedRecords, fetcher.MemoryRecords):
    """aiokafka's."""

    limit = CHANGELOG_MESSAGE_BYTES


class Room:
    """How many bytes may still be expanded before others have their turn.

    held_by: the only partition whose record batch may be open, as the decompressor takes memory too.
    """

    def __init__(self, size: int) -> None:
        self.left = size
        self.held_by: FetchResult | None = None


class FetchResult(fetcher.FetchResult):
    """aiokafka's, which is drained no further than there is room. room: shared by all that are drained together."""

    room: Room | None = None

    def getall(self, max_records: int | None = None) -> list[Any]:
        """What there is room for. Raises: BrokerError."""
        room = self.room or Room(EXPANDED_BYTES)
        if room.held_by not in (None, self) or room.left <= 0:
            return []
        if not self.check_assignment(self._topic_partition) or not self.has_more():
            return []
        found, room.held_by = [], None
        for one in self._each():
            found.append(one)
            room.left -= memory_bytes(one)
            if room.left <= 0:
                room.held_by = self
            if room.held_by or len(found) == max_records:
                self._update_position()
                return found
        self._update_position()
        self._partition_records = None
        return found

    def _each(self) -> Iterator[Any]:
        records: Any = self._partition_records
        try:
            yield from records
        except (CorruptRecordException, UnsupportedCodecError) as error:
            topic, partition = self._topic_partition
            raise BrokerError(
                f"Partition {partition} of {topic} cannot be read from offset {records.next_fetch_offset} on "
                f"({type(error).__name__}: {error}): its brokers hold it damaged, or in a compression that this "
                "version does not know. Have it repaired from a replica, or delete the records up to there "
                "(kafka-delete-records.sh), which are lost then, and start the worker again."
            ) from error


# Whatever reads with aiokafka is bounded.
fetcher.MemoryRecords = MemoryRecords
fetcher.FetchResult = FetchResult


class Waiting(OrderedDict[TopicPartition, Any]):
    """What aiokafka has fetched: results, whose record batches will come whole, and errors.

    room: for what is drained of them.
    """

    def __init__(self, found: Mapping[TopicPartition, Any], room: Room) -> None:
        self.room = room
        super().__init__(found)

    def __setitem__(self, tp: TopicPartition, result: Any) -> None:
        records = getattr(result, "_partition_records", None)
        if records is not None:
            found = records._records
            found.whole, found.position, found.limit = (
                True,
                records.next_fetch_offset,
                MESSAGE_BYTES,
            )
            records._consumer_record = lambda tp, record: record
            result.room = self.room
        super().__setitem__(tp, result)

    def make_room(self, size: int, active: Collection[TopicPartition]) -> None:
        """There is room again for so many bytes, of active partitions."""
        self.room.left, holder = size, self.room.held_by
        if holder is not None and not (
            holder._topic_partition in active and self.get(holder._topic_partition) is holder
        ):
            self.room.held_by = None
