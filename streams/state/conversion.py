"""A state that a former version wrote is brought to today's form where it lies, one format after another.

Entries are replaced some at a time, and each write takes the former ones and puts the new ones. So a crash leaves
entries of two formats, and the former one is noted still; the conversion begins anew, and what has the next form stays.
"""

from collections.abc import Callable

import polars as pl
from rocksdict import Rdict, WriteBatch

from streams.state import formats, keys
from streams.state.scanning import pieces_of_entries

Fill = Callable[[WriteBatch], None]

_SCHEMA = {"key": pl.Binary, "value": pl.Binary}


def convert(db: Rdict, former: int, write: Callable[[Fill], None]) -> int:
    """Bring all entries of a store from one format to the next; how many there are.

    write: does what is put into a batch, all or nothing; of several calls a crash leaves the first ones.
    """
    count = 0
    for family in keys.OF_USERS:
        # What is put meanwhile does not show up: a cursor reads what there was when it was made.
        for piece in pieces_of_entries(db, family.encode()):
            old = pl.DataFrame(piece, _SCHEMA, orient="row")
            write(_replacing(old, formats.to_next(old, former)))
            count += len(piece)
    return count


def _replacing(old: pl.DataFrame, new: pl.DataFrame) -> Fill:
    moved = old["key"] != new["key"]
    gone = old["key"].filter(moved).to_list()
    changed = new.filter(moved | (old["value"] != new["value"]))

    def fill(batch: WriteBatch) -> None:
        for key in gone:
            batch.delete(key)
        for key, value in changed.iter_rows():
            batch.put(key, value)

    return fill
