"""How the keys of a store are read one after another. A store that cannot be read on looks as if it had ended."""

from collections.abc import Iterator
from itertools import islice

from rocksdict import Rdict, RdictIter

from streams.state import keys

KEYS_AT_ONCE = 50_000


def pieces(db: Rdict, prefix: bytes) -> Iterator[list[bytes]]:
    """All keys with a prefix, so many at once."""
    found = (key for key, _ in _scan(db, prefix))
    while piece := list(islice(found, KEYS_AT_ONCE)):
        yield piece


def pieces_of_entries(db: Rdict, prefix: bytes) -> Iterator[list[tuple[bytes, bytes]]]:
    """The same with their values."""
    found = ((key, cursor.value()) for key, cursor in _scan(db, prefix))
    while piece := list(islice(found, KEYS_AT_ONCE)):
        yield piece


def end_of(cursor: RdictIter) -> bytes:
    """What stands for a key where a cursor is at none: the store has ended. It raises if it could not be read on."""
    cursor.status()
    return b""


def next_bucket(cursor: RdictIter, family: str, bucket: int) -> int | None:
    """The first bucket of a family with any keys, from one on."""
    cursor.seek(keys.bucket_start(family, bucket))
    key = cursor.key() or end_of(cursor)
    return keys.bucket_in(key) if key.startswith(family.encode()) else None


def _scan(db: Rdict, prefix: bytes) -> Iterator[tuple[bytes, RdictIter]]:
    """All keys with a prefix, each with a cursor that is at it."""
    cursor = db.iter()
    cursor.seek(prefix)
    while (key := cursor.key() or end_of(cursor)).startswith(prefix):
        yield key, cursor
        cursor.next()
