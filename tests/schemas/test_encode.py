import io

import pytest
from avro.io import BinaryEncoder, DatumWriter
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import Codec
from schemas.columns import binary
from schemas.encode import RecordEncoder
from schemas.errors import SchemaError
from schemas.registry import DirectoryRegistry

CODEC = Codec(DirectoryRegistry())
VIEW = {
    "user_id": "u1",
    "occurred_at": 1_750_000_000_000,
    "note_id": "n1",
    "brand_id": "b1",
    "surface": "SEARCH",
    "promoted": False,
    "dwell_ms": None,
}
ENUM = {"type": "enum", "name": "E", "symbols": ["X", "Y"]}
FIELDS = {
    "text": ("string", st.text(max_size=200)),
    "raw": ("bytes", st.binary(max_size=70)),
    "flag": ("boolean", st.booleans()),
    "small": ("int", st.integers(-(2**31), 2**31 - 1)),
    "large": ("long", st.integers(-(2**63), 2**63 - 1)),
    "single": ("float", st.floats(width=32)),
    "real": ("double", st.floats()),
    "choice": (ENUM, st.sampled_from("XY")),
    "maybe": (["null", "string"], st.none() | st.text()),
    "perhaps": (["long", "null"], st.none() | st.integers(-9, 9)),
}


@given(st.fixed_dictionaries({name: values for name, (_, values) in FIELDS.items()}))
def test_the_bytes_are_the_librarys(contract, record):
    made = contract(7, [(name, type_) for name, (type_, _) in FIELDS.items()])
    out = io.BytesIO()
    DatumWriter(made.schema).write(record, BinaryEncoder(out))
    assert RecordEncoder(made).encode(record) == b"\x00\x00\x00\x00\x07" + out.getvalue()


def test_what_was_encoded_is_decoded():
    views = [VIEW, {**VIEW, "user_id": "用户", "dwell_ms": 12, "promoted": True}]
    decoded = CODEC.decode(
        "note-views", binary([CODEC.encode("note-views", view) for view in views])
    )
    assert decoded.frame.drop("row").rows(named=True) == views


def test_a_missing_field_gets_its_default():
    without = {name: value for name, value in VIEW.items() if name != "dwell_ms"}
    assert CODEC.encode("note-views", without) == CODEC.encode("note-views", VIEW)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"user_id": None}, r"note-views: field user_id cannot be None: it must be a string\."),
        ({"user_id": b"u"}, "field user_id cannot be b'u': it must be a string"),
        ({"user_id": "\ud800"}, "field user_id cannot be .* surrogates not allowed"),
        ({"occurred_at": 2**63}, "field occurred_at .* fit 64 bits"),
        ({"occurred_at": 1.0}, "field occurred_at cannot be 1.0: it must be an integer"),
        ({"dwell_ms": 2**31}, "field dwell_ms cannot be 2147483648: it must fit 32 bits"),
        ({"dwell_ms": True}, "field dwell_ms cannot be True: it must be an integer"),
        ({"promoted": 1}, "field promoted cannot be 1: it must be a boolean"),
        ({"surface": "HOME"}, "field surface cannot be 'HOME': it must be one of EXPLORE, SEARCH"),
        ({"surface": ["SEARCH"]}, "field surface cannot be"),
        ({"colour": "red"}, "field colour cannot be 'red': the contract has no such field"),
    ],
)
def test_a_record_that_does_not_fit(change, message):
    with pytest.raises(SchemaError, match=message):
        CODEC.encode("note-views", {**VIEW, **change})


def test_a_field_without_default_must_be_there():
    with pytest.raises(SchemaError, match=r"note-saves: field user_id is missing .* add it"):
        CODEC.encode("note-saves", {})
