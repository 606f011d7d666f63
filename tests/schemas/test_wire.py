from schemas.rejects import Reason
from schemas.wire import header, split


def test_a_header_is_magic_byte_and_id():
    assert header(258) == b"\x00\x00\x00\x01\x02"
    assert header(2**31 - 1) == b"\x00\x7f\xff\xff\xff"


def test_messages_are_grouped_by_schema():
    groups, rejects = split([header(1) + b"a", header(2) + b"b", header(1) + b""])
    assert not rejects
    assert {i: (group.rows, group.datums) for i, group in groups.items()} == {
        1: ([0, 2], [b"a", b""]),
        2: ([1], [b"b"]),
    }


def test_an_id_beyond_31_bits_is_negative_and_so_unknown():
    groups, _ = split([b"\x00\xff\xff\xff\xff"])
    assert list(groups) == [-1]


def test_what_is_not_in_the_wire_format():
    values = [None, b"", b"\x00\x00\x00\x01", b"\x01\x00\x00\x00\x01x", b'{"a":1}']
    groups, rejects = split(values)
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
