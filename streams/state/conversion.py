"""A state that a former version wrote is brought to today's form where it lies, one format after another.

Entries are replaced some at a time, and each write takes the former ones and puts the new ones. So a crash leaves
entries of two formats, and the former one is noted still; the conversion begins anew, and what has the next form stays.
"""

import polars as pl
from rocksdict import WriteBatch

from streams.state import formats, keys
from streams.state.database import TO_REWRITE, Database, Fill
from streams.state.scanning import pieces_of_entries

_SCHEMA = {"key": pl.Binary, "value": pl.Binary}


def convert(database: Database, former: int) -> int:
    """Bring all entries of a store from one format to the next; how many there are."""
    count = 0
    for family in keys.OF_USERS:
        # What is put meanwhile does not show up: a cursor reads what there was when it was made.
        for piece in pieces_of_entries(database.db, family.encode()):
            old = pl.DataFrame(piece, _SCHEMA, orient="row")
            database.write(_replacing(old, formats.to_next(old, former)))
            count += len(piece)
    return count


def _replacing(old: pl.DataFrame, new: pl.DataFrame) -> Fill:
    moved = old["key"] != new["key"]
    gone = old["key"].filter(moved).to_list()
    changed = new.filter(moved | (old["value"] != new["value"]))

    def fill(batch: WriteBatch) -> None:
        for key in gone:
            batch.delete(key)
        if gone:
            # Deletions keep the former keys in files, and with them users who may be forgotten later.
            batch.put(TO_REWRITE, b"")
        for key, value in changed.iter_rows():
            batch.put(key, value)

    return fill
