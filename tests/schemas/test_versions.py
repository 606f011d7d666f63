"""A batch whose messages were written with several versions of a contract."""

import pytest

from schemas.codec import Codec
from schemas.columns import binary
from schemas.registry import ListRegistry
from schemas.rejects import Reason

ENUM = {"type": "enum", "name": "Where", "symbols": ["HERE", "THERE"]}
WIDER = {**ENUM, "symbols": ["THERE", "ELSEWHERE", "HERE"]}
FIRST = [("id", "string"), ("n", "int"), ("where", ENUM), ("old", "double"), ("flag", "boolean")]
SECOND = [
    ("where", WIDER),
    {"name": "key", "type": "string", "aliases": ["id"]},
    {"name": "n", "type": ["null", "long"], "default": None},
    {"name": "added", "type": "string", "default": "草"},
    {"name": "seen", "type": ["null", "int"], "default": None},
    ("flag", "boolean"),
]
OLD = {"id": "a", "n": -(2**31), "where": "HERE", "old": 0.5, "flag": True}
NEW = {"where": "ELSEWHERE", "key": "b", "n": 2**40, "added": "new", "seen": 3, "flag": False}
OLD_ROW = {"where": "HERE", "key": "a", "n": -(2**31), "added": "草", "seen": None, "flag": True}


@pytest.fixture
def versions(contract):
    return [contract(1, FIRST), contract(2, SECOND)]


@pytest.fixture
def codec(versions):
    return Codec(ListRegistry(versions))


@pytest.fixture
def old(versions):
    return Codec(ListRegistry(versions[:1])).encode("things", OLD)


@pytest.mark.parametrize("copies", [1, 50])
def test_each_row_is_in_the_current_contracts_terms(codec, old, copies):
    new = codec.encode("things", NEW)
    decoded = codec.decode("things", binary([new, old, old, new] * copies))
    assert not decoded.rejects
    assert decoded.frame.columns == ["row", *NEW]
    expected = [NEW, OLD_ROW, OLD_ROW, NEW] * copies
    assert decoded.frame.rows(named=True) == [{"row": i, **r} for i, r in enumerate(expected)]


def test_a_bad_message_of_one_version_leaves_the_others_alone(codec, old):
    new = codec.encode("things", NEW)
    decoded = codec.decode("things", binary([new, old[:-1], old, new[:-1] + b"\x02", new]))
    assert decoded.frame["row"].to_list() == [0, 2, 4]
    assert [(r.row, r.reason) for r in decoded.rejects] == [
        (1, Reason.UNDECODABLE),
        (3, Reason.UNDECODABLE),
    ]


def test_writers_that_are_not_flat_are_read_singly(contract):
    tags = {"type": "array", "items": "string"}
    writer = contract(1, [("tags", tags), ("n", ["null", "int", "string"])])
    reader = contract(2, [("n", ["null", "long"])])
    codec = Codec(ListRegistry([writer, reader]))
    head = b"\x00\x00\x00\x00\x01"
    decoded = codec.decode("things", binary([head + b"\x02\x02a\x00\x02\x0a", head + b"\x00\x00"]))
    assert decoded.frame.rows() == [(0, 5), (1, None)]
    decoded = codec.decode("things", binary([head + b"\x00\x04\x02a", head + b"\x00\x02\x0a"]))
    assert decoded.frame.rows() == [(1, 5)]
    assert decoded.rejects[0].detail == "schema 1: field n cannot be read from Avro string"


def test_an_incompatible_writer_is_rejected_message_by_message(contract):
    codec = Codec(ListRegistry([contract(1, [("a", "int")]), contract(2, [("b", "int")])]))
    decoded = codec.decode(
        "things", binary([b"\x00\x00\x00\x00\x01\x02", b"\x00\x00\x00\x00\x02\x02"])
    )
    assert decoded.frame.rows() == [(1, 1)]
    assert decoded.rejects[0].reason is Reason.UNDECODABLE
