"""A state that a former version wrote is brought to today's form where it lies."""

from collections.abc import Callable

import polars as pl
from rocksdict import Rdict, WriteBatch

from streams.state import formats
from streams.state.erasing import FAMILIES
from streams.state.scanning import pieces_of_entries

Fill = Callable[[WriteBatch], None]

_SCHEMA = {"key": pl.Binary, "value": pl.Binary}


def convert(db: Rdict, former: int, write: Callable[[Fill], None]) -> int:
    """Convert all entries of a store, some at a time; how many there are. former: their format.

    Each write takes the former ones and puts the new ones, so a crash leaves some of both, and it can begin anew: see
    `formats.Converter`. write: does what is put into a batch, all or nothing, in the order of the calls.
    """
    count = 0
    for family in FAMILIES:
        # What is put meanwhile does not show up: a cursor reads what there was when it was made.
        for piece in pieces_of_entries(db, family.encode()):
            old = pl.DataFrame(piece, _SCHEMA, orient="row")
            write(_replacing(old, formats.converted(old, former)))
            count += len(piece)
    return count


def _replacing(old: pl.DataFrame, new: pl.DataFrame) -> Fill:
    gone = old["key"].filter(old["key"] != new["key"]).to_list()
    changed = new.filter((old["key"] != new["key"]) | (old["value"] != new["value"]))

    def fill(batch: WriteBatch) -> None:
        for key in gone:
            batch.delete(key)
        for key, value in changed.iter_rows():
            batch.put(key, value)

    return fill
