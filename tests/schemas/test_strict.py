"""Single messages: valid to the last byte, or Undecodable and nothing else."""

import contextlib
import json
import tracemalloc

import avro.schema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.strict import Undecodable, read_datum
from schemas.varint import encode_long

ENUM = {"type": "enum", "name": "E", "symbols": ["X", "Y"], "default": "X"}


def record(type_):
    fields = [{"name": "a", "type": type_}]
    return avro.schema.parse(json.dumps({"type": "record", "name": "R", "fields": fields}))


LINK = {"name": "next", "type": ["null", "Node"]}
NODE = {"type": "record", "name": "Node", "fields": [LINK]}
NESTED = [
    {"type": "array", "items": "long"},
    {"type": "map", "values": ["null", "string"]},
    {"type": "array", "items": {"type": "array", "items": "string"}},
    {"type": "fixed", "name": "F", "size": 3},
    ["null", "int", "string", ENUM],
    NODE,
]
LONGS, TEXTS = NESTED[0], {"type": "map", "values": "string"}


@pytest.mark.parametrize(
    ("type_", "datum", "why"),
    [
        ("boolean", b"\x02", "boolean is the byte 2"),
        ("int", encode_long(2**31), "beyond 32 bits"),
        ("int", encode_long(-(2**31) - 1), "beyond 32 bits"),
        ("long", b"\xff" * 9 + b"\x03", "beyond 64 bits"),
        ("long", b"\x80" * 10 + b"\x00", "longer than ten bytes"),
        ("long", b"", "1 bytes are wanted where 0"),
        ("long", b"\x02\x02", "1 bytes follow"),
        ("string", b"\x02\xff", "utf-8"),
        ("string", b"\x01", "-1 bytes are wanted"),
        ("string", b"\x06ab", "3 bytes are wanted where 2"),
        ("double", b"\x00" * 7, "8 bytes are wanted where 7"),
        (ENUM, b"\x01", "index -1 into an enum of 2"),
        (ENUM, b"\x04", "index 2 into an enum of 2"),
        (["null", "int"], b"\x04", "index 2 into an union of 2"),
        (["null", "int"], b"\x01", "index -1 into an union of 2"),
        (NODE, b"\x02" * 100_000 + b"\x00", "nested too deeply"),
        (LONGS, b"\x03\x06\x0a\x0a\x00\x00", "an Avro array is not as long as its blocks claim"),
        (LONGS, b"\x01\x01\x0a\x00", "size|-1 bytes"),
        (TEXTS, b"\x01\x0a\x02k\x02v\x00\x00", "an Avro map is not as long as its blocks claim"),
    ],
)
def test_undecodable(type_, datum, why):
    with pytest.raises(Undecodable, match=why):
        read_datum(record(type_), datum)


def test_overlong_numbers_are_as_good_as_short_ones():
    assert read_datum(record("long"), b"\x82\x80\x80\x00") == {"a": 1}
    assert read_datum(record(ENUM), b"\x82\x00") == {"a": "Y"}


def test_a_block_may_say_how_long_it_is():
    assert read_datum(record(LONGS), b"\x03\x04\x0a\x0a\x01\x02\x08\x00") == {"a": [5, 5, 4]}
    assert read_datum(record(TEXTS), b"\x01\x08\x02k\x02v\x00") == {"a": {"k": "v"}}


def test_the_longest_numbers():
    assert read_datum(record("long"), encode_long(2**63 - 1)) == {"a": 2**63 - 1}
    assert read_datum(record("long"), encode_long(-(2**63))) == {"a": -(2**63)}


def test_a_value_of_a_union_names_its_branch():
    branch, value = read_datum(record(["string", "int"]), b"\x02\x02")["a"]
    assert (branch.type, value) == ("int", 1)


@pytest.mark.parametrize("length", [2**33, 2**62, -(2**62)])
def test_a_claimed_length_allocates_nothing(length):
    schema = record("bytes")
    tracemalloc.start()
    try:
        with pytest.raises(Undecodable):
            read_datum(schema, encode_long(length) + b"x")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@given(st.sampled_from(NESTED), st.binary(max_size=30))
def test_noise_is_decoded_or_undecodable(type_, noise):
    schema = record(type_)
    with contextlib.suppress(Undecodable):
        assert set(read_datum(schema, noise)) == {"a"}
