"""Values that take no bytes are bounded: a short message never costs seconds, and its neighbours are decoded."""

import json
from typing import Any

import polars as pl
import pytest

from schemas.codec import Codec
from schemas.parsing import parse_record
from schemas.registry import ListRegistry, parse_contract
from schemas.rejects import Reason
from schemas.strict import VALUES, Undecodable, read_datum
from schemas.varint import encode_long
from schemas.wire import header
from verify.datum import Datums, Unreadable

EMPTY = {"type": "record", "name": "Empty", "fields": []}
NULLS = {"type": "record", "name": "Nulls", "fields": [{"name": "a", "type": "null"}]}
ITEMS = ["null", {"type": "fixed", "name": "F", "size": 0}, EMPTY, NULLS]
TOPIC = "t"


def record(*types: Any, name: str = "R") -> dict[str, Any]:
    fields = [{"name": f"f{at}", "type": type_} for at, type_ in enumerate(types)]
    return {"type": "record", "name": name, "fields": fields}


def array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def huge(*counts: int) -> bytes:
    """Blocks of so many items; those whose count is negative say that they take no bytes."""
    blocks = [encode_long(n) + (encode_long(0) if n < 0 else b"") for n in counts]
    return b"".join(blocks) + b"\0"


CLAIMS = [
    huge(10**6),
    huge(10**12),
    huge(2**63 - 1),
    huge(-(10**6)),
    huge(-(2**63)),
    huge(*[VALUES - 1] * 5),
]


@pytest.mark.parametrize("items", ITEMS)
@pytest.mark.parametrize("claim", CLAIMS)
def test_items_that_take_no_bytes(items: Any, claim: bytes) -> None:
    schema = parse_record(json.dumps(record(array(items))))
    with pytest.raises(Undecodable):
        read_datum(schema, claim)
    written = parse_contract(2, TOPIC, json.dumps(record(array(items))), "writer")
    reader = parse_contract(1, TOPIC, json.dumps(record(["null", "string"], name="R")), "reader")
    with pytest.raises(Unreadable):
        Datums(written, reader).read(claim)


def test_some_of_them_are_valid() -> None:
    schema = parse_record(json.dumps(record(array("null"), "int")))
    assert read_datum(schema, huge(5, 3) + encode_long(7)) == {"f0": [None] * 8, "f1": 7}


def test_arrays_of_arrays() -> None:
    schema = parse_record(json.dumps(record(array(array("null")))))
    with pytest.raises(Undecodable, match="values"):
        read_datum(schema, encode_long(20) + huge(9_000) * 20 + b"\0")


def test_as_many_as_there_are_bytes() -> None:
    schema = parse_record(json.dumps(record(array(["null", "boolean"]))))
    items = encode_long(0) * 100_000
    assert len(read_datum(schema, encode_long(100_000) + items + b"\0")["f0"]) == 100_000


@pytest.mark.parametrize("depth", [20, 40])
@pytest.mark.parametrize("leaf", ["null", array("null"), EMPTY])
def test_records_that_double_with_each_level(depth: int, leaf: Any) -> None:
    nested, again = leaf, "Empty" if leaf is EMPTY else leaf
    for level in range(depth):
        nested, again = record(nested, again, name=f"R{level}"), f"R{level}"
    with pytest.raises(ValueError, match=r"parts, each counted wherever it is used"):
        parse_record(json.dumps(nested))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"type":"array","items":' * 20_000 + '"null"' + "}" * 20_000]
)
def test_schemas_that_are_nested_too_deeply(text: str) -> None:
    with pytest.raises(ValueError, match=r"nested too deeply|not JSON"):
        parse_record(text)


def test_a_record_within_itself_is_counted_once() -> None:
    node = record(["null", "R"], {"type": "map", "values": "R"})
    assert parse_record(json.dumps(node)).type == "record"


def test_the_neighbours_are_decoded() -> None:
    nested = parse_contract(1, TOPIC, json.dumps(record("string", array("null"))), "nested")
    current = parse_contract(2, TOPIC, json.dumps(record("string")), "current")
    good, bad = b"\x02a", b"\x02a" + huge(10**12)
    values = [header(2) + good, header(1) + bad, header(1) + good + huge(3), header(2) + good]
    decoded = Codec(ListRegistry([current, nested])).decode(TOPIC, pl.Series(values))
    assert decoded.frame["row"].to_list() == [0, 2, 3]
    assert [(reject.row, reject.reason) for reject in decoded.rejects] == [(1, Reason.UNDECODABLE)]
