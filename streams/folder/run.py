"""A run in a folder is all or nothing for the state, whatever ends it.

Topics in memory end with their process. A state that has read further than ClickHouse has rows would call what is
missing there too late when it is read again. So a run begins with a copy of the state as it finds it, and deletes the
copy when all that it read is safe in ClickHouse. Who finds a copy begins with it, and reads the same from the
beginning, which is checked (see handed_over.py): what ClickHouse has of it already is written again, at the same
offsets and the same event time, and changes nothing.

    FOLDER/state/               the state
    FOLDER/unfinished/state/    the state as an unfinished run found it; it shares the tables of RocksDB
    FOLDER/unfinished/run.json  what that run reads, for people
    FOLDER/unfinished/marks     what it has handed over
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from schemas.errors import StateError
from schemas.whole_files import sync_folder, write_whole
from streams.folder.disk import explained
from streams.folder.handed_over import HandedOver

STATE, UNFINISHED, NOTE, MARKS = "state", "unfinished", "run.json", "marks"
#: Ends the name of what is being made or deleted.
HALF = ".half"
#: What runs leave in a folder.
KEPT = frozenset({STATE, UNFINISHED, STATE + HALF, UNFINISHED + HALF})


class Run:
    """One run in a folder that nobody else uses; the state is closed whenever a method is called.

    source: what it reads, for people.
    again: whether it does an unfinished run over.
    """

    def __init__(self, folder: Path, source: str) -> None:
        self._folder = folder
        self._source = source
        self._kept = folder / UNFINISHED
        self.again = self._kept.exists()

    def go_back(self) -> None:
        """Bring the state to where this run begins.

        Raises: StateError, if the folder cannot be written.
        """
        if self.again:
            with explained(self._folder):
                _copy(self._kept / STATE, self._folder / STATE)

    def begin(self) -> None:
        """Keep a copy of the state, unless there is one. Raises: StateError, if the folder cannot be written."""
        if self.again:
            return
        half = _half(self._kept)
        with explained(self._folder):
            _delete(half)
            half.mkdir(mode=0o700)
            write_whole(half / NOTE, json.dumps({"source": self._source}))
            _copy(self._folder / STATE, half / STATE)
            half.rename(self._kept)
            sync_folder(self._folder)

    def handed_over(self) -> HandedOver:
        """What it has handed over, once it has begun. Raises: StateError, if the folder cannot be written."""
        with explained(self._folder):
            return HandedOver(self._folder, self._kept / MARKS, self._unfinished_source())

    def finish(self) -> None:
        """Everything is safe: the state stands as it is."""
        half = _half(self._kept)
        with explained(self._folder):
            _delete(half)
            self._kept.rename(half)
            sync_folder(self._folder)
            _delete(half)

    def _unfinished_source(self) -> str:
        with suppress(ValueError, KeyError, TypeError, FileNotFoundError):
            return str(json.loads((self._kept / NOTE).read_text())["source"])
        return self._source


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Inside, nobody else changes the state in a folder, also where it is closed and copied.

    Raises: StateError, if somebody does.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateError(
                f"The state in {folder} is in use by another zhongcao: wait until that has ended, or stop it, and give "
                "the same command again."
            ) from error
        yield
    finally:
        os.close(descriptor)


def delete_leftovers(folder: Path) -> None:
    """Delete what a run that was killed had not made or deleted whole; raises OSError."""
    for name in (STATE, UNFINISHED):
        _delete(_half(folder / name))


def _half(folder: Path) -> Path:
    return folder.with_name(folder.name + HALF)


def _copy(state: Path, target: Path) -> None:
    """Put a copy of a closed state in the place of another, or an empty folder if there is none."""
    half = _half(target)
    _delete(half)
    if state.exists():
        shutil.copytree(state, half, copy_function=_share_or_copy)
    else:
        half.mkdir(mode=0o700)
    for folder in (half, *filter(Path.is_dir, half.iterdir())):
        sync_folder(folder)
    _delete(target)
    half.rename(target)
    sync_folder(target.parent)


def _share_or_copy(source: str, target: str) -> None:
    """RocksDB never changes a table once it is written; its other files grow, and are small."""
    if source.endswith(".sst"):
        with suppress(OSError):  # as where a file system knows no links
            return os.link(source, target)
    shutil.copy2(source, target)
    with open(target, "rb") as copied:
        os.fsync(copied.fileno())


def _delete(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
