import pytest

from schemas.columns import binary
from schemas.rejects import Reason
from schemas.wire import header, split


def listed(groups):
    return {i: (g.rows.to_list(), g.datums.to_list()) for i, g in groups.items()}


def test_a_header_is_magic_byte_and_id():
    assert header(258) == b"\x00\x00\x00\x01\x02"
    assert header(2**31 - 1) == b"\x00\x7f\xff\xff\xff"


def test_messages_are_grouped_by_schema():
    groups, rejects = split(binary([header(1) + b"a", header(2) + b"b", header(1) + b""]))
    assert not rejects
    assert listed(groups) == {1: ([0, 2], [b"a", b""]), 2: ([1], [b"b"])}


def test_messages_of_one_schema():
    groups, rejects = split(binary([header(7) + b"a", header(7)]))
    assert not rejects
    assert listed(groups) == {7: ([0, 1], [b"a", b""])}


@pytest.mark.parametrize("odd", [None, b"", header(7)[:4], b"\x01" + header(7)[1:]])
def test_one_odd_message_among_those_of_one_schema(odd):
    groups, rejects = split(binary([header(7) + b"a", odd, header(7)]))
    assert [reject.row for reject in rejects] == [1]
    assert listed(groups) == {7: ([0, 2], [b"a", b""])}


def test_no_messages():
    assert split(binary([])) == ({}, [])


def test_an_id_beyond_31_bits_is_negative_and_so_unknown():
    groups, _ = split(binary([b"\x00\xff\xff\xff\xff"]))
    assert list(groups) == [-1]


def test_what_is_not_in_the_wire_format():
    values = [None, b"", b"\x00\x00\x00\x01", b"\x01\x00\x00\x00\x01x", b'{"a":1}']
    groups, rejects = split(binary(values))
    assert not groups
    assert [reject.row for reject in rejects] == [0, 1, 2, 3, 4]
    assert {reject.reason for reject in rejects} == {Reason.NOT_WIRE_FORMAT}
    assert [reject.detail for reject in rejects] == [
        "the message has no value",
        "0 bytes are fewer than the 5 of the header",
        "4 bytes are fewer than the 5 of the header",
        "the first byte is 1, not the magic byte 0",
        "the first byte is 123, not the magic byte 0",
    ]
