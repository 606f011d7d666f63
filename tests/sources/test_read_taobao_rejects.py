"""Rows of Taobao's data that are not events are reported with their line number."""

import pytest

GOOD = b"1,22,333,pv,1511544070\n"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"", "The row has 1 columns instead of 5."),
        (b"1,22,333,pv", "The row has 4 columns instead of 5."),
        (b"1,22,333,pv,1511544070,", "The row has 6 columns instead of 5."),
        (b"1,22,333,PV,1511544070", "The behaviour is 'PV' and none of pv, fav, cart, buy."),
        (b"1,22,333,pv,yesterday", "The timestamp is 'yesterday' and not a whole number"),
        (b"1,22,333,pv,1511544070.5", "The timestamp is '1511544070.5' and not a whole number"),
        (b"1,22,333,pv,", "The timestamp is '' and not a whole number"),
        (b"1,22,333,pv,-", "The timestamp is '-' and not a whole number"),
        (b"1,22,333,pv, 1511544070", "The timestamp is ' 1511544070' and not a whole number"),
        ("1,22,333,pv,１２".encode(), "The timestamp is '１２' and not a whole number"),
        (b"1,22,333,pv,-1", "The timestamp -1 is not within the years 1970 to 2099."),
        (b"1,22,333,pv,4102444800", "The timestamp 4102444800 is not within the years"),
        (b"1,22,333,pv,1511544070000", "The timestamp 1511544070000 is not within the years"),
        (b"1,22,333,pv," + b"9" * 5_000, "is not within the years"),
        (b",22,333,pv,1511544070", "The user is empty."),
        (b"1,,333,pv,1511544070", "The item is empty."),
        (b"1,22,,pv,1511544070", "The category is empty."),
        (b"1" * 64 + b",22,333,pv,1511544070", "longer than 64 characters"),
        (b"1,22," + b"3" * 64 + b",pv,1511544070", "longer than 64 characters"),
        (b"1,22,333,\xff,1511544070", "Byte 10 of the line is not UTF-8."),
    ],
)
def test_a_bad_row_between_good_ones(read_bytes, row: bytes, reason: str) -> None:
    events, rejects = read_bytes(GOOD + row + b"\r\n" + GOOD, "taobao-userbehavior")
    assert len(events) == 2
    (reject,) = rejects
    assert reject["line"] == 2
    assert reason in reject["reason"]
    assert reject["raw"] == row.decode("utf-8", "backslashreplace")


@pytest.mark.parametrize("timestamp", [0, 4102444799])
def test_the_first_and_the_last_second(read_bytes, timestamp: int) -> None:
    events, rejects = read_bytes(b"1,22,333,buy,%d" % timestamp, "taobao-userbehavior")
    assert rejects == []
    assert events[0].record["occurred_at"] == timestamp * 1000


def test_the_longest_ids_that_fit(read_bytes) -> None:
    rows = b"%s,2,3,buy,1511544070\n1,2,%s,pv,1511544070" % (b"1" * 51, b"3" * 63)
    events, rejects = read_bytes(rows, "taobao-userbehavior")
    assert rejects == []
    assert len(events[0].record["order_id"]) == len(events[1].record["brand_id"]) == 64
