"""What a run has handed over, noted chunk by chunk: whoever does it over must be given the same events.

Rows of an unfinished run may be in ClickHouse, and the state before it knows nothing of them. Other events would take
their offsets, and never meet the touches in those rows. A path or a name does not tell: what comes through a pipe has
none, and a file may have changed. So the events themselves are compared, before anything of them is visible.
"""

import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from schemas.errors import StateError
from schemas.whole_files import sync_folder
from streams.folder.disk import explained
from streams.transport.memory import Message

_MARK = re.compile(rb"(\d+) ([0-9a-f]{32})\n")


class HandedOver:
    """The marks of one run: after so many events, all of them have this digest. More may come than before.

    folder: that of the runs. file: where marks are kept; those that it has are of the run that is done over.
    source: what that run read, for people.
    """

    def __init__(self, folder: Path, file: Path, source: str) -> None:
        self._folder = folder
        self._file = file
        self._source = source
        self._digest = blake2b(digest_size=16)
        self._count = 0
        self._former = deque(_marks(file))

    @property
    def lacking(self) -> int | None:
        """How many events the next chunk must have to be the one that came before; None if no more did."""
        return self._former[0][0] - self._count if self._former else None

    def note(self, chunk: Sequence[Message]) -> None:
        """To be called before a chunk becomes visible; afterwards it is on the disk that it does.

        Raises: StateError, if it is not what came before, or the folder cannot be written.
        """
        begins, lacking = self._count, self.lacking
        self._count += len(chunk)
        for message in chunk:
            self._digest.update(message.topic.encode() + (message.value or b""))
        mark = self._count, self._digest.hexdigest()
        if lacking is None:
            with explained(self._folder):
                self._append("{} {}\n".format(*mark))
        elif mark != self._former.popleft():
            raise StateError(self._refusal(begins, ended=len(chunk) < lacking))

    def _refusal(self, begins: int, ended: bool) -> str:
        other = (
            f"ends after {self._count:,} events, and that had read more"
            if ended
            else f"is not what that read, somewhere in events {begins + 1:,} to {self._count:,}"
        )
        return (
            f"A run that reads {self._source} has not come to its end in {self._folder}, and a part of its "
            f"rows may be there. What came now {other}: give the command that reads {self._source} again before any "
            "other, with the same events from the beginning, or begin in a new folder."
        )

    def _append(self, line: str) -> None:
        is_new = not self._file.exists()
        with open(self._file, "a") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(self._file.parent)


def _marks(file: Path) -> Iterator[tuple[int, str]]:
    """Those of a file. One that was cut short is of a chunk that never became visible, and leaves the file."""
    content = file.read_bytes() if file.exists() else b""
    end = 0
    while found := _MARK.match(content, end):
        yield int(found[1]), found[2].decode()
        end = found.end()
    if end < len(content):
        os.truncate(file, end)
