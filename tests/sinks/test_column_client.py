"""Columns of polars are sent as the driver sends lists, whatever has been agreed with the server."""

import polars as pl
import pytest
from clickhouse_driver import Client, defines
from clickhouse_driver.errors import LogicalError
from sent import Sent

from sinks.client import KNOWN_REVISION, ColumnClient

TYPES = [
    ("text", "String"),
    ("few", "LowCardinality(String)"),
    ("number", "Int64"),
    ("version", "UInt128"),
    ("bytes", "Nullable(String)"),
]
ROWS = 2_000
FRAME = pl.DataFrame(
    {
        "text": ["🌱" * (n % 50) for n in range(ROWS)],
        "few": [f"{n % 7}" for n in range(ROWS)],
        "number": range(ROWS),
        "version": [n << 90 for n in range(ROWS)],
        "bytes": [None if n % 3 else bytes([255, n % 256]) for n in range(ROWS)],
    },
    {"text": pl.String, "few": pl.String, "number": pl.Int64, "version": pl.UInt128, "bytes": pl.Binary},
)  # fmt: skip


#: The embedded server's, the last without serialization flags, the first with, and the newest.
@pytest.mark.parametrize("revision", [54_451, 54_453, 54_454, KNOWN_REVISION])
@pytest.mark.parametrize("compression", [False, "lz4"])
@pytest.mark.parametrize("rows", [1, ROWS])
def test_columns_are_sent_as_lists_are(revision, compression, rows):
    frame = FRAME.head(rows)
    ours = Sent(ColumnClient("nowhere", compression=compression), TYPES, revision)
    drivers = Sent(Client("nowhere", compression=compression), TYPES, revision)
    assert ours(frame.get_columns()) == drivers([column.to_list() for column in frame])
    assert ours(frame.get_columns()) == ours(frame.get_columns())


def test_a_newer_protocol_is_left_to_the_driver(monkeypatch):
    monkeypatch.setattr(ColumnClient, "_send_columns", None)
    newer = KNOWN_REVISION + 1
    lists = Sent(Client("nowhere"), TYPES, newer)([column.to_list() for column in FRAME])
    assert Sent(ColumnClient("nowhere"), TYPES, newer)(FRAME.get_columns()) == lists


def test_the_newest_protocol_of_the_driver_is_known():
    """Where this fails, see what BlockOutputStream.write and Connection.send_data have learnt."""
    assert defines.CLIENT_REVISION == KNOWN_REVISION


def test_what_is_no_column_of_polars_is_sent_as_ever():
    rows = FRAME.rows()
    assert Sent(ColumnClient("nowhere"), TYPES)(rows, columnar=False) == Sent(
        Client("nowhere"), TYPES
    )(rows, columnar=False)


def test_no_rows_are_no_block():
    empty = Sent(Client("nowhere"), TYPES)([[] for _ in TYPES])
    assert Sent(ColumnClient("nowhere"), TYPES)(FRAME.clear().get_columns()) == empty


def test_the_driver_says_what_is_wrong_with_a_value():
    sent = Sent(ColumnClient("nowhere"), [("kind", "Enum8('view' = 1)")])
    with pytest.raises(LogicalError, match="Unknown element '3'"):
        sent([pl.Series([1, 3], dtype=pl.Int8)])


def test_columns_must_be_those_of_the_table():
    with pytest.raises(ValueError, match="zip"):
        Sent(ColumnClient("nowhere"), TYPES)(FRAME.get_columns()[:2])
