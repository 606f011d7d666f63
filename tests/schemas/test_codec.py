"""Batches: every position ends up in the frame or among the rejects, once."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import Codec
from schemas.columns import binary
from schemas.errors import SchemaError
from schemas.registry import DirectoryRegistry, ListRegistry
from schemas.rejects import Reason

CODEC = Codec(DirectoryRegistry())
SAVE = {"user_id": "u", "occurred_at": 1, "note_id": "n", "brand_id": "b", "action": "SAVE"}
GOOD = CODEC.encode("note-saves", SAVE)


def outcome(values):
    """Reason of each position; None for the good ones."""
    decoded = CODEC.decode("note-saves", binary(values))
    rows, rejected = decoded.frame["row"].to_list(), [r.row for r in decoded.rejects]
    assert rows == sorted(rows)
    assert rejected == sorted(rejected)
    assert sorted(rows + rejected) == list(range(len(values)))
    reasons = {reject.row: reject.reason for reject in decoded.rejects}
    return [reasons.get(row) for row in range(len(values))]


def test_an_empty_batch_has_the_columns():
    decoded = CODEC.decode("note-saves", binary([]))
    assert decoded.frame.is_empty()
    assert decoded.frame.schema == pl.Schema(CODEC.frame_schema("note-saves"))
    assert decoded.rejects == []


CASES = [
    (GOOD, None),
    (None, Reason.NOT_WIRE_FORMAT),
    (b"", Reason.NOT_WIRE_FORMAT),
    (b"\x00\x00\x00\x00", Reason.NOT_WIRE_FORMAT),
    (b"\x01" + GOOD[1:], Reason.NOT_WIRE_FORMAT),
    (b"\x00\x00\x00\x00\x63" + GOOD[5:], Reason.UNKNOWN_SCHEMA),
    (b"\x00\xff\xff\xff\xff" + GOOD[5:], Reason.UNKNOWN_SCHEMA),
    (b"\x00\x00\x00\x00\x01" + GOOD[5:], Reason.UNKNOWN_SCHEMA),  # of note-views
    (GOOD[:5], Reason.UNDECODABLE),
    (GOOD[:-1], Reason.UNDECODABLE),
    (GOOD + b"\x00", Reason.UNDECODABLE),
    (GOOD[:-1] + b"\x06", Reason.UNDECODABLE),
]


@given(st.lists(st.sampled_from(CASES), max_size=80))
def test_each_kind_of_message_in_any_mixture(cases):
    assert outcome([value for value, _ in cases]) == [reason for _, reason in cases]


def test_only_datums_of_no_length():
    assert outcome([GOOD[:5]] * 3) == [Reason.UNDECODABLE] * 3


def test_the_frame_has_the_same_types_whatever_the_path():
    singly = CODEC.decode("note-saves", binary([GOOD, GOOD[:-1]]))
    assert singly.frame.schema == CODEC.decode("note-saves", binary([GOOD])).frame.schema
    assert singly.frame.schema == pl.Schema(CODEC.frame_schema("note-saves"))


def test_details_say_what_is_wrong():
    values = [b"\x00\x00\x00\x00\x63", b"\x00\x00\x00\x00\x01", GOOD + b"\x00"]
    assert [reject.detail for reject in CODEC.decode("note-saves", binary(values)).rejects] == [
        "schema 99 is not registered",
        "schema 1 belongs to note-views",
        "schema 6: 1 bytes follow its end",
    ]


def test_one_bad_message_costs_its_neighbours_nothing_in_a_large_batch():
    values = [GOOD] * 1000
    values[500] = GOOD[:-1]
    expected = [None] * 1000
    expected[500] = Reason.UNDECODABLE
    assert outcome(values) == expected


def test_an_id_may_be_registered_later(contract):
    contracts = {1: contract(1, [("a", "int")])}

    class Growing(ListRegistry):
        def writer(self, topic, schema_id):
            return ListRegistry(contracts.values()).writer(topic, schema_id)

    codec = Codec(Growing(contracts.values()))
    message = b"\x00\x00\x00\x00\x02\x02"
    assert codec.decode("things", binary([message])).rejects[0].reason is Reason.UNKNOWN_SCHEMA
    contracts[2] = contract(2, [("a", "int")])
    assert codec.decode("things", binary([message])).frame.rows() == [(0, 1)]


def test_a_topic_without_contract():
    with pytest.raises(SchemaError, match="Topic 'orders' has no contract"):
        CODEC.decode("orders", binary([]))
