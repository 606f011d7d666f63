"""Damaged messages in a batch: each fares as it would alone, and its neighbours are unharmed."""

import io

import avro.errors
import avro.io
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import Codec
from schemas.columns import binary
from schemas.registry import DirectoryRegistry
from schemas.rejects import Reason
from schemas.topics import SOURCE_TOPICS

REGISTRY = DirectoryRegistry()
CODEC = Codec(REGISTRY)

VALUES = {
    "string": st.text(max_size=4) | st.sampled_from(["note", "笔记", "x" * 64, "x" * 63]),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1) | st.integers(0, 200),
    "long": st.integers(-(2**63), 2**63 - 1) | st.integers(0, 200),
}


class LibraryDecoder(avro.io.BinaryDecoder):
    """The library's decoder, but for the one leniency that leaves no trace in the value."""

    def read_boolean(self):
        return {b"\x00": False, b"\x01": True}[self.read(1)]


def library_outcome(schema, datum):
    """The record that the library reads from a datum alone, or None."""
    source = io.BytesIO(datum)
    try:
        record = avro.io.DatumReader(schema).read(LibraryDecoder(source))
    except (avro.errors.AvroException, UnicodeDecodeError, KeyError):
        return None
    return record if not source.read() and avro.io.validate(schema, record) else None


def values_of(type_):
    if type_.type == "enum":
        return st.sampled_from(type_.symbols)
    if type_.type == "union":
        return st.none() | values_of(type_.schemas[1])
    return VALUES[type_.type]


def records(topic):
    fields = REGISTRY.current(topic).schema.fields
    return st.fixed_dictionaries({field.name: values_of(field.type) for field in fields})


@st.composite
def damaged(draw, message):
    """A message with bytes of its datum flipped, inserted, deleted or cut off."""
    at = draw(st.integers(5, len(message) - 1))
    some = draw(st.binary(min_size=1, max_size=3) | st.sampled_from([b"\x00", b"\x80", b"\xff"]))
    return draw(
        st.sampled_from(
            [
                message[:at] + some + message[at + len(some) :],
                message[:at] + some + message[at:],
                message[:at] + message[at + len(some) :],
                message[:at],
                message + some,
            ]
        )
    )


@st.composite
def batches(draw):
    topic = draw(st.sampled_from(SOURCE_TOPICS))
    drawn = draw(st.lists(records(topic), min_size=1, max_size=12))
    messages = [CODEC.encode(topic, record) for record in drawn]
    # More than one block is tried only for larger batches.
    messages *= draw(st.sampled_from([1, 1, 10]))
    rows = st.sets(st.integers(0, len(messages) - 1), max_size=4)
    for row in draw(rows):
        messages[row] = draw(damaged(messages[row]))
    return topic, messages


def check(topic, messages):
    schema = REGISTRY.current(topic).schema
    alone = [library_outcome(schema, message[5:]) for message in messages]
    decoded = CODEC.decode(topic, binary(messages))
    good = {row["row"]: row for row in decoded.frame.iter_rows(named=True)}
    assert list(good) == [row for row, record in enumerate(alone) if record is not None]
    assert [r.row for r in decoded.rejects] == [i for i, record in enumerate(alone) if not record]
    assert {reject.reason for reject in decoded.rejects} <= {Reason.UNDECODABLE}
    for row, record in good.items():
        assert record == {"row": row, **alone[row]}


@settings(max_examples=400)
@given(batches())
def test_every_message_fares_as_it_would_alone(batch):
    check(*batch)


@pytest.mark.parametrize("topic", SOURCE_TOPICS)
@pytest.mark.parametrize("byte", [0x00, 0x01, 0x02, 0x03, 0x04, 0x7F, 0x80, 0xFE, 0xFF])
def test_every_byte_of_a_message_replaced(topic, byte):
    fields = {field.name: field.type.type for field in REGISTRY.current(topic).schema.fields}
    samples = {"string": "笔", "boolean": True, "int": 1, "long": 2**40, "union": None}
    enums = {"surface": "OTHER", "action": "SAVE", "placement": "COMMENT", "kind": "PAY"}
    message = CODEC.encode(topic, {n: enums.get(n, samples.get(t)) for n, t in fields.items()})
    for at in range(5, len(message)):
        check(topic, [message, message[:at] + bytes([byte]) + message[at + 1 :], message])
