"""From the lines of a file to events and rejects."""

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress

from schemas.topics import SourceEvent

from .closing import Closing
from .files import MAX_LINE_BYTES, InputFile
from .rejects import RejectsFile


class Malformed(ValueError):
    """A line is not an event; the text is a sentence that says why."""


class Header(Malformed):
    """A line names the columns of those that follow: no event, and nothing wrong where it comes first."""


#: Makes an event of a line without its end, or raises Malformed.
Parse = Callable[[bytes], SourceEvent]


class Reading(Closing, Iterator[SourceEvent]):
    """The events of one file in file order; also a context manager that closes the file.

    header: whether its first line named the columns, once that was read. lines: how many were read.

    Iterating raises SourceError if the file cannot be read to its end.
    """

    def __init__(self, file: InputFile, parse: Parse, rejects: RejectsFile) -> None:
        self._file = file
        self._parse = parse
        self._rejects = rejects
        self.header = False
        self.lines = 0
        self._events = self._read()

    @property
    def empty(self) -> bool:
        """Whether nothing is in the file, before it is read."""
        return self._file.empty

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the file so far; of a gzip file, compressed bytes."""
        return self._file.bytes_read

    @property
    def total_bytes(self) -> int | None:
        """The file's size on disk, or None for a pipe."""
        return self._file.total_bytes

    def close(self) -> None:
        """Close the file; there are no more events."""
        # ValueError: another thread is in it, and may wait in a pipe for ever.
        with suppress(ValueError):
            self._events.close()
        self._file.close()

    def __next__(self) -> SourceEvent:
        return next(self._events)

    def _read(self) -> Generator[SourceEvent, None, None]:
        with self._file:
            for number, line in self._file.lines():
                self.lines = number
                try:
                    if len(line) > MAX_LINE_BYTES:
                        raise Malformed(f"The line is longer than {MAX_LINE_BYTES} bytes.")
                    event = self._parse(line)
                except Malformed as error:
                    if number == 1 and isinstance(error, Header):
                        self.header = True
                        continue
                    self._rejects.add(self._file.path, number, str(error), line)
                else:
                    yield event
