"""On which partition a key lies."""

from kafka.partitioner.default import murmur2


def partition_of(key: bytes, partitions: int) -> int:
    """Where Java's client puts a key: BuiltInPartitioner.partitionForKey, by murmur2."""
    return (int(murmur2(key)) & 0x7FFFFFFF) % partitions
