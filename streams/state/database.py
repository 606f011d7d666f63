"""The RocksDB of one state: how it is opened, read, written all or nothing, and rid of what was deleted."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rocksdict import Rdict, WriteBatch, WriteOptions

from schemas.errors import StateError
from streams.state import keys
from streams.state.erasing import Range, compact
from streams.state.memory import Memory
from streams.state.scanning import end_of

#: Is there as long as files may name users who were deleted.
TO_REWRITE = b"rewrite"
#: While RocksDB takes no writes, since its disk is slower than they are, it is asked again every so many seconds.
STALLED_S = 0.05

Fill = Callable[[WriteBatch], None]


class Database:
    """Keys and values in a folder.

    db: the store as it is open now; rewriting opens it anew.
    in_changelog: all that is put into it is in a changelog before, so RocksDB keeps no log of its own.
    """

    def __init__(self, folder: Path, memory: Memory, in_changelog: bool) -> None:
        self.folder = folder
        self.in_changelog = in_changelog
        self._memory = memory
        self._writing = _write_options(in_changelog)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.db = self._open()

    def _open(self) -> Rdict:
        options = self._memory.options()
        # A store that exists would else have the options that it was made with, and a small cache of its own.
        return Rdict(str(self.folder), options, column_families={"default": options})

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, None if there is none."""
        found: bytes | None = self.db.get(key)
        return found

    def values(self, of: Sequence[bytes]) -> list[Any]:
        """The values of keys, None where there is none."""
        found: Any = self.db.get([*of]) or []
        return list(found)

    def in_place(self, place: bytes) -> Iterator[keys.Entry]:
        """What begins with a key: the rest of each key, and its value."""
        cursor = self.db.iter()
        cursor.seek(place)
        while (key := cursor.key() or end_of(cursor)).startswith(place):
            yield key[len(place) :], cursor.value()
            cursor.next()

    def in_time(self, event_keys: Sequence[bytes]) -> list[bool]:
        """For each key: is its event there, and was it in time when it came?"""
        values = self.values(event_keys)
        return [value is not None and keys.came_in_time(value) for value in values]

    def holds(self, event_keys: Sequence[bytes]) -> list[bool]:
        """For each key: is it there?"""
        return [value is not None for value in self.values(event_keys)]

    def write(self, fill: Fill) -> None:
        """Write what is put into a batch, all of it or nothing.

        RocksDB may take no writes for seconds, while it writes earlier ones to the disk. rocksdict would wait for it
        with the GIL held, heartbeats to Kafka and all; and an attempt uses its batch up.
        """
        while True:
            batch = WriteBatch(raw_mode=True)
            fill(batch)
            try:
                return self.db.write(batch, self._writing)
            except Exception as error:
                if "Write stall" not in str(error):
                    raise
            time.sleep(STALLED_S)

    def rewrite(self, ranges: Sequence[Range]) -> None:
        """Let no file hold or name what was deleted in these ranges. What a crash interrupts, opening does again.

        Raises: StateError, if some files could not be written anew; then opening does it again, too.
        """
        if left := compact(self.db, ranges):
            raise StateError(
                f"In {self.folder}, {len(left)} files could not be written anew without what was deleted of forgotten "
                "users, since the disk has no space for that, or since a file is damaged: make room, and do the same "
                "again. A state that is damaged must begin anew (docs/upgrading.md)."
            )
        self.write(lambda batch: batch.delete(TO_REWRITE))
        # Closing writes what is in memory too, but does not say whether it could.
        self.flush()
        # The list of files names the keys at their ends; opening begins a new one.
        self.close()
        self.db = self._open()

    def flush(self) -> None:
        """Write what is in memory."""
        self.db.flush(wait=True)

    def close(self) -> None:
        """Write what is in memory and let go of the folder."""
        self.db.close()


@contextmanager
def explained(folder: Path, verb: str) -> Iterator[None]:
    """rocksdict raises plain Exceptions: say which folder, and what to do."""
    try:
        yield
    except StateError:
        raise
    except Exception as error:
        raise StateError(
            f"Cannot {verb} the partition state in {folder}: {error}. Another worker may hold "
            "the folder, or its disk may be read-only or have no space left. If its files are damaged and there "
            "is a changelog, delete the folder: it is restored."
        ) from error


def _write_options(in_changelog: bool) -> WriteOptions:
    options = WriteOptions()
    # Its stubs have a method where it has a property.
    options.disable_wal = in_changelog  # type: ignore[method-assign, assignment]
    options.no_slowdown = True
    return options
