"""Columns and single values are resolved by the same rules."""

import io

import numpy as np
import polars as pl
import pytest
from avro.io import BinaryEncoder, DatumWriter
from hypothesis import given
from hypothesis import strategies as st

from schemas.columns import binary
from schemas.decode import Output, WriterDecoder
from schemas.errors import SchemaError
from schemas.resolve import reader_fields, unreadable
from schemas.wire import Group

WRITTEN = {"type": "enum", "name": "E", "symbols": ["X", "Y", "Z"]}
READ = {"type": "enum", "name": "E", "symbols": ["Y", "X"]}
READ_DEFAULT = {"type": "enum", "name": "E", "symbols": ["Y", "D"], "default": "D"}

VALUES = {
    "string": st.text(max_size=5),
    "bytes": st.binary(max_size=5) | st.text(max_size=3).map(str.encode),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(width=32, allow_nan=False),
    "double": st.floats(allow_nan=False),
}
READERS = [*VALUES, READ, READ_DEFAULT]


def nullable(type_):
    return st.sampled_from([type_, ["null", type_], [type_, "null"]])


@st.composite
def resolutions(draw):
    """(type that was written, type that is read, values)."""
    written = draw(st.sampled_from([*VALUES, WRITTEN]))
    values = st.sampled_from("XYZ") if written is WRITTEN else VALUES[written]
    writer = draw(nullable(written))
    if isinstance(writer, list):
        values = st.none() | values
    reader = draw(st.sampled_from(READERS).flatmap(nullable))
    return writer, reader, draw(st.lists(values, min_size=1, max_size=8))


def encoded(schema, value):
    out = io.BytesIO()
    DatumWriter(schema).write({"a": value}, BinaryEncoder(out))
    return out.getvalue()


def decoded(decoder, datums):
    out = Output()
    rows, sizes = np.arange(len(datums)), np.array([len(datum) for datum in datums])
    decoder.decode(Group(pl.Series(rows), binary(datums), sizes), out)
    rows = [row for frame in out.frames for row in frame.rows()]
    return sorted(rows, key=lambda row: row[0]), [reject.row for reject in out.rejects]


@given(resolutions())
def test_blocks_and_single_messages_agree(contract, case):
    written, read, values = case
    writer = contract(1, [("a", written)])
    decoder = WriterDecoder(writer, reader_fields(contract(2, [("a", read)])))
    datums = [encoded(writer.schema, value) for value in values]
    in_block = decoded(decoder, datums)
    decoder._block = None
    assert decoded(decoder, datums) == in_block


@given(resolutions())
def test_what_is_found_readable_is_read(contract, case):
    written, read, values = case
    writer, fields = contract(1, [("a", written)]), reader_fields(contract(2, [("a", read)]))
    _, rejects = decoded(
        WriterDecoder(writer, fields), [encoded(writer.schema, value) for value in values]
    )
    # Bytes may turn out to be no text.
    assert not rejects or unreadable(writer.schema, fields) or "bytes" in str(written)


@pytest.mark.parametrize(
    ("written", "read", "why"),
    [
        ("int", "long", ""),
        ("long", "int", "field a may be Avro long"),
        (["null", "int"], ["int", "null"], ""),
        (["null", "int"], "int", "field a may be null"),
        (["int", "string"], "long", "field a may be Avro string"),
        (WRITTEN, READ, "field a may be the symbol Z"),
        (WRITTEN, READ_DEFAULT, ""),
        ({"type": "array", "items": "int"}, "int", "field a may be Avro array"),
    ],
)
def test_what_may_have_no_place(contract, written, read, why):
    fields = reader_fields(contract(2, [("a", read)]))
    found = unreadable(contract(1, [("a", written)]).schema, fields)
    assert found == (why and f"cannot be read: {why}")


def test_fields_that_are_not_written(contract):
    writer = contract(1, [("a", "int")]).schema
    renamed = {"name": "b", "type": "int", "aliases": ["a"]}
    with_default = {"name": "c", "type": "int", "default": 0}
    assert unreadable(writer, reader_fields(contract(2, [renamed, with_default]))) == ""
    assert "no field d" in unreadable(writer, reader_fields(contract(2, [("d", "int")])))


@pytest.mark.parametrize(
    ("written", "read", "value", "expected"),
    [
        ("int", "long", 7, 7),
        ("int", "float", 2**24 + 1, 2.0**24),
        ("long", "float", 2**54 + 2**30 + 1, 2.0**54 + 2.0**31),
        ("long", "double", 5, 5.0),
        ("float", "double", 0.5, 0.5),
        ("string", "bytes", "草", "草".encode()),
        ("bytes", "string", "草".encode(), "草"),
        ("int", ["null", "long"], 7, 7),
        (["null", "int"], ["long", "null"], None, None),
        (["null", "int"], "long", 7, 7),
        (["int", "string", "null"], ["null", "long"], 7, 7),
        (WRITTEN, READ, "X", "X"),
        (WRITTEN, READ_DEFAULT, "Z", "D"),
    ],
)
@pytest.mark.parametrize("copies", [1, 100])
def test_promotions(contract, written, read, value, expected, copies):
    writer = contract(1, [("a", written)])
    decoder = WriterDecoder(writer, reader_fields(contract(2, [("a", read)])))
    rows, rejects = decoded(decoder, [encoded(writer.schema, value)] * copies)
    assert rows == [(row, expected) for row in range(copies)]
    assert not rejects


@pytest.mark.parametrize(
    ("written", "read", "value"),
    [
        ("bytes", "string", b"\xff"),
        (["null", "int"], "int", None),
        (["null", WRITTEN], ["null", READ], "Z"),
        (WRITTEN, READ, "Z"),
        ("long", "int", 1),
        ("string", READ, "X"),
    ],
)
@pytest.mark.parametrize("copies", [1, 100])
def test_values_without_a_place(contract, written, read, value, copies):
    writer = contract(1, [("a", written)])
    decoder = WriterDecoder(writer, reader_fields(contract(2, [("a", read)])))
    rows, rejects = decoded(decoder, [encoded(writer.schema, value)] * copies)
    assert not rows
    assert rejects == list(range(copies))


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (("a", {"type": "array", "items": "int"}), "field a is neither"),
        (("a", ["null", "int", "string"]), "field a is neither"),
        ({"name": "a", "type": "int", "default": "x"}, "default 'x' of field a does not fit"),
    ],
)
def test_contracts_that_cannot_be_read_into_columns(contract, field, message):
    with pytest.raises(SchemaError, match=message):
        reader_fields(contract(1, [field]))
