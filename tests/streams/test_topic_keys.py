"""A key lies where Java's client puts it, or the producer is named as wrong."""

from collections.abc import Callable
from zlib import crc32

import pytest
from kafka.partitioner import murmur2

from streams.kafka.topic_keys import Placed, key_findings
from streams.kafka.topic_rules import Finding
from streams.partitioning import partition_of

#: Key → org.apache.kafka.common.utils.Utils.murmur2 of its UTF-8, and BuiltInPartitioner.partitionForKey among
#: 4, 12 and 1000 partitions: printed by kafka-clients 4.1.1 on Java 17.
JAVA = {
    "": (275646681, 1, 9, 681),
    "k": (-1567496736, 0, 8, 912),
    "u1": (745337584, 0, 4, 584),
    "u2": (1598843406, 2, 6, 406),
    "abc": (479470107, 3, 3, 107),
    "u1234": (509000959, 3, 7, 959),
    "user-0001": (-598876312, 0, 4, 336),
    "种草": (-983070603, 1, 5, 45),
    "21": (-973932308, 0, 0, 340),
    "foobar": (-790332482, 2, 6, 166),
    "ÿ": (1511439487, 3, 7, 487),
    "tb:9f86d081884c7d659a2feaa0c55ad015": (310205507, 3, 11, 507),
}


@pytest.mark.parametrize("text", JAVA)
def test_a_key_lies_where_java_puts_it(text: str) -> None:
    hashed, *places = JAVA[text]
    key = text.encode()
    assert [partition_of(key, among) for among in (4, 12, 1000)] == places
    assert murmur2(key) == hashed % 2**32, "what kafka-python publishes with"


def placed(users: range, hashed: Callable[[bytes], int]) -> list[Placed]:
    """An event of each user in one of 4 partitions, as the hash of the key says."""
    keys = [f"user-{n}".encode() for n in users]
    return [Placed(hashed(key) % 4, at, key, key) for at, key in enumerate(keys)]


def by_java(key: bytes) -> int:
    return partition_of(key, 4)


def found(events: list[Placed], partitions: int = 4) -> list[Finding]:
    return list(key_findings("note-views", partitions, events))


def test_keys_in_their_place() -> None:
    assert found(placed(range(200), by_java)) == []
    assert found([]) == []


def test_librdkafkas_default_is_refused() -> None:
    [finding] = found(placed(range(200), crc32))
    assert finding.refused
    assert "of note-views, 1" in finding.sentence
    assert "partitioner=murmur2_random" in finding.sentence


def test_partitions_that_were_added_are_noticed() -> None:
    [finding] = found(placed(range(200), by_java), partitions=8)
    assert finding.refused


@pytest.mark.parametrize("key", [None, b""])
def test_events_without_a_key_are_refused(key: bytes | None) -> None:
    [finding] = found([Placed(1, 17, key, b"u")])
    assert finding.refused
    assert "1 have no key, as that at offset 17 of partition 1" in finding.sentence


@pytest.mark.parametrize("key", [b'"u1"', b"note-1", b"\x00\x00\x00\x00\x09\x04u1"])
def test_another_key_than_the_user_is_refused_wherever_it_lies(key: bytes) -> None:
    [finding] = found([Placed(by_java(key), 17, key, b"u1")])
    assert finding.refused
    assert "1 have another key than their user_id, as that at offset 17" in finding.sentence


def test_a_stray_is_told_and_keeps_nobody_from_working() -> None:
    strays = [Placed(1, 7, None, b"k"), Placed(1, 9, b"note", b"k"), Placed(1, 8, b"k", b"k")]
    keyless, other, astray = found(placed(range(200), by_java) + strays)
    assert "Of the newest 203 events of note-views, 1 have no key" in keyless.sentence
    assert "offset 9 of partition 1" in other.sentence
    assert "offset 8 of partition 1" in astray.sentence
    assert not any(finding.refused for finding in (keyless, other, astray))
