"""Where users lie in a store, and how they leave its files."""

from collections.abc import Sequence, Set

import polars as pl
from rocksdict import BottommostLevelCompaction, CompactOptions, Rdict

from streams.erasure.requests import forgotten_among
from streams.state import keys
from streams.state.scanning import end_of, next_bucket, pieces

#: First key, and the first behind the last.
Range = tuple[bytes, bytes]
#: All keys are ASCII.
EVERYTHING: Range = (b"", b"\x80")


def ranges_of(db: Rdict, user_id: str) -> list[Range]:
    """The keys of a user: a range in each bucket that has any."""
    cursor, found = db.iter(), []
    for family in keys.OF_USERS:
        bucket = next_bucket(cursor, family, 0)
        while bucket is not None:
            first, behind = keys.user_range(family, bucket, user_id)
            cursor.seek(first)
            if first <= (cursor.key() or end_of(cursor)) < behind:
                found.append((first, behind))
            bucket = next_bucket(cursor, family, bucket + 1)
    return found


def users_among(db: Rdict, hashes: Set[str]) -> set[str]:
    """The users in a store whose hashes are among the given ones. It looks at every key."""
    found: set[str] = set()
    for family in keys.OF_USERS if hashes else ():
        for piece in pieces(db, family.encode()):
            users = keys.users_of(pl.Series(piece, dtype=pl.Binary))
            found |= forgotten_among(users.unique().to_list(), hashes)
    return found


def compact(db: Rdict, ranges: Sequence[Range]) -> set[str]:
    """Write the files anew in which these keys lay: until then what was deleted is still in them.

    Returns the files that could not be, which RocksDB itself does not tell.
    """
    # What is in memory goes to a file first, so that this one is among those to write anew.
    db.flush(wait=True)
    before = _files_with(db, ranges)
    options = CompactOptions()
    # Otherwise a file that is the only one is not written anew, and keeps the deletions, which name the user too.
    options.set_bottommost_level_compaction(BottommostLevelCompaction.force())
    for first, behind in ranges:
        db.compact_range(first, behind, options)
    return before & _files_with(db, ranges)


def _files_with(db: Rdict, ranges: Sequence[Range]) -> set[str]:
    """Those that may have keys in these ranges; no first key of a range is one of an entry."""
    return {
        file["name"]
        for file in db.live_files()
        if any(file["start_key"] < behind and first < file["end_key"] for first, behind in ranges)
    }
