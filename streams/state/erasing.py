"""Where users lie in a store, and how they leave its files."""

from collections.abc import Iterator, Sequence, Set
from itertools import islice

import polars as pl
from rocksdict import BottommostLevelCompaction, CompactOptions, Rdict, RdictIter

from streams.erasure.requests import forgotten_among
from streams.state import keys

KEYS_AT_ONCE = 50_000
FAMILIES = (keys.EVENT, keys.ACTOR)

#: First key, and the first behind the last.
Range = tuple[bytes, bytes]


def ranges_of(db: Rdict, user_id: str) -> list[Range]:
    """The keys of a user: a range in each bucket that has any."""
    cursor, found = db.iter(), []
    for family in FAMILIES:
        bucket = _next_bucket(cursor, family, 0)
        while bucket is not None:
            first, behind = keys.user_range(family, bucket, user_id)
            cursor.seek(first)
            if cursor.valid() and cursor.key() < behind:
                found.append((first, behind))
            bucket = _next_bucket(cursor, family, bucket + 1)
    return found


def users_among(db: Rdict, hashes: Set[str]) -> set[str]:
    """The users in a store whose hashes are among the given ones. It looks at every key."""
    found: set[str] = set()
    for family in FAMILIES if hashes else ():
        for piece in pieces(db, family.encode()):
            users = keys.users_of(pl.Series(piece, dtype=pl.Binary))
            found |= forgotten_among(users.unique().to_list(), hashes)
    return found


def pieces(db: Rdict, prefix: bytes) -> Iterator[list[bytes]]:
    """All keys with a prefix, so many at once."""
    found = _scan(db, prefix)
    while piece := list(islice(found, KEYS_AT_ONCE)):
        yield piece


def compact(db: Rdict, ranges: Sequence[Range]) -> None:
    """Write the files anew in which these keys lay: until then what was deleted is still in them."""
    options = CompactOptions()
    # Otherwise a file that is the only one is not written anew, and keeps the deletions, which name the user too.
    options.set_bottommost_level_compaction(BottommostLevelCompaction.force())
    for first, behind in ranges:
        db.compact_range(first, behind, options)


def _next_bucket(cursor: RdictIter, family: str, bucket: int) -> int | None:
    """The first bucket with any keys, from one on."""
    cursor.seek(keys.bucket_start(family, bucket))
    if not cursor.valid() or not cursor.key().startswith(family.encode()):
        return None
    return keys.bucket_in(cursor.key())


def _scan(db: Rdict, prefix: bytes) -> Iterator[bytes]:
    for key in db.keys(from_key=prefix):
        if not isinstance(key, bytes) or not key.startswith(prefix):
            return
        yield key
