"""What of a record batch cannot be read is one dead letter, and all before it is read. A wrong checksum is an error."""

import re
import struct

import pytest
from expanding import GZIP, LZ4, SNAPPY, ZSTD, with_right_crc
from kafka_bytes import faults, one_by_one, plain, record_batch, results, whole

from schemas.errors import BrokerError
from schemas.rejects import Reason

_COUNT_AT, _ATTRIBUTES_AT, _BODY_AT = 57, 22, 61


@pytest.mark.parametrize("codec", [GZIP, SNAPPY, LZ4, ZSTD])
@pytest.mark.parametrize("size", [2, 300])
def test_a_body_that_is_cut_off(codec: int, size: int) -> None:
    cut = bytearray(record_batch(5, plain(*range(size)), codec)[:-20])
    struct.pack_into(">i", cut, 8, len(cut) - 12)
    raw = with_right_crc(cut) + record_batch(5 + size, plain(0, 1))
    found, position = whole(raw)
    assert [row[0] for row in found][-3:] == [4 + size, 5 + size, 6 + size]
    assert position == 7 + size
    [(offset, fault)] = faults(raw).items()
    assert offset == 4 + size
    assert fault.reason == Reason.DAMAGED_BATCH
    told = re.search(rf"offsets 5 to {4 + size}, cannot be read from (\d+) on", fault.detail)
    assert told
    assert [row[0] for row in found[:-3]] == [*range(5, int(told[1]))]


@pytest.mark.parametrize(("at", "byte"), [(_COUNT_AT + 3, 1), (_BODY_AT, 0x7E)])
def test_records_that_do_not_fit_their_batch(at: int, byte: int) -> None:
    made = bytearray(record_batch(5, plain(0, 1, 2)))
    made[at] = byte
    raw = record_batch(0, plain(*range(5))) + with_right_crc(made) + record_batch(8, plain(0))
    found, position = whole(raw)
    read = one_by_one(raw[: len(raw) - len(made) - len(record_batch(8, plain(0)))])[0]
    assert found[: len(read)] == read
    assert [row[0] for row in found][-2:] == [7, 8]
    assert position == 9
    assert {fault.reason for fault in faults(raw).values()} == {Reason.DAMAGED_BATCH}


def test_a_count_that_no_body_can_hold() -> None:
    made = bytearray(record_batch(5, plain(*range(30))))
    struct.pack_into(">i", made, _COUNT_AT, 2**31 - 1)
    raw = with_right_crc(made) + record_batch(35, plain(0))
    assert [row[0] for row in whole(raw)[0]] == [*range(5, 36)]


def test_bytes_that_no_codec_wrote() -> None:
    for codec in (GZIP, SNAPPY, LZ4, ZSTD):
        made = bytearray(record_batch(5, plain(0, 1)))
        made[_ATTRIBUTES_AT] |= codec
        assert list(faults(with_right_crc(made))) == [6]


@pytest.mark.parametrize("codec", [5, 6, 7])
def test_a_codec_that_is_not_known(codec: int) -> None:
    made = bytearray(record_batch(5, plain(0, 1)))
    made[_ATTRIBUTES_AT] |= codec
    with pytest.raises(BrokerError, match="Partition 0 of note-views cannot be read from offset 0"):
        results(with_right_crc(made)).getall()


def test_a_wrong_checksum() -> None:
    good, bad = record_batch(5, plain(0, 1)), bytearray(record_batch(7, plain(0, 1)))
    bad[-1] ^= 1
    with pytest.raises(BrokerError, match=r"from offset 7 on .*Invalid CRC.*kafka-delete-records"):
        results(good + bytes(bad)).getall()
