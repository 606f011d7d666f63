"""Files of lines, plain or gzip."""

import errno
import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from schemas.errors import SourceError

from .closing import Closing

#: A longer line is not an event; without a limit, a file without line ends would fill the memory.
MAX_LINE_BYTES: Final = 1 << 20

_CHUNK_BYTES: Final = 1 << 18
_GZIP_MAGIC: Final = b"\x1f\x8b"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

#: Means what comes on stdin. /dev/stdin would open it anew, which a container's user may not do.
STDIN: Final = Path("-")


class InputFile(Closing):
    """A file of lines that knows how far it has been read.

    path: of a plain file, a gzip file, which is recognised by its content, or a pipe; `-` for stdin.
    total_bytes: its size on disk; None for a pipe.

    Raises SourceError if it is missing, a folder or unreadable, or named .gz and not gzip.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._raw = _CountingFile(_file(path))
        except OSError as error:
            raise SourceError(_why_not_opened(path, error)) from error
        self.total_bytes = self._raw.size
        try:
            self._content = self._open()
        except BaseException:
            self._raw.close()
            raise

    @property
    def empty(self) -> bool:
        """Whether nothing is in it, before it is read; a pipe is waited for."""
        try:
            return not self._content.peek(1)
        except (EOFError, OSError, zlib.error):
            return False  # reading says what is wrong

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the disk so far, compressed ones if the file is gzip."""
        return self._raw.count

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield line numbers, from 1, and lines without their end (LF or CRLF).

        Of a line longer than MAX_LINE_BYTES only the beginning comes, cut one byte above that.
        Raises SourceError if the rest of the file cannot be read.
        """
        number = 0
        rest = b""
        while chunk := self._chunk(number):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                number += 1
                yield number, _tidy(number, line)
            rest = rest[: MAX_LINE_BYTES + 1]
        if rest:
            yield number + 1, _tidy(number + 1, rest)

    def close(self) -> None:
        """Close the file; closing it again does nothing."""
        # Whoever waits in a pipe for more holds what is buffered, perhaps for ever.
        if self.total_bytes is not None:
            self._content.close()
        self._raw.close()

    def _open(self) -> "io.BufferedReader[_CountingFile] | gzip.GzipFile":
        buffered = io.BufferedReader(self._raw, _CHUNK_BYTES)
        try:
            is_gzip = buffered.peek(2)[:2] == _GZIP_MAGIC
        except OSError as error:
            raise SourceError(_why_not_opened(self.path, error)) from error
        if is_gzip:
            return gzip.GzipFile(fileobj=buffered, mode="rb")
        if self.path.suffix == ".gz":
            raise SourceError(
                f"{self.path} is named .gz and is not a gzip file; rename it if it is plain text."
            )
        return buffered

    def _chunk(self, lines: int) -> bytes:
        """The next bytes, none at the end; `lines` have come before."""
        try:
            return self._content.read1(_CHUNK_BYTES)
        except (EOFError, OSError, zlib.error) as error:
            raise SourceError(
                f"{self.path} cannot be read after line {lines}: {error}. It is damaged or "
                "incomplete; everything before has been read, so get the file again for the rest."
            ) from error


class _CountingFile(io.RawIOBase):
    """A file that counts the bytes taken from it; `size` is None for a pipe."""

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        status = os.fstat(file.fileno())
        self.size = status.st_size if stat.S_ISREG(status.st_mode) else None
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        taken = self._file.readinto(buffer)
        self.count += taken or 0
        return taken

    def close(self) -> None:
        self._file.close()
        super().close()


def _file(path: Path) -> io.FileIO:
    return io.FileIO(0, closefd=False) if path == STDIN else io.FileIO(path)


def _tidy(number: int, line: bytes) -> bytes:
    if number == 1:
        line = line.removeprefix(_BYTE_ORDER_MARK)
    return line.removesuffix(b"\r")


def _why_not_opened(path: Path, error: OSError) -> str:
    if path == STDIN and error.errno == errno.EBADF:
        return "stdin is closed: give it the events, or name their file instead of -."
    if isinstance(error, FileNotFoundError):
        return f"{path} does not exist; check the path."
    if isinstance(error, IsADirectoryError):
        return f"{path} is a folder; name a file in it."
    if isinstance(error, PermissionError):
        return f"{path} may not be read by this user; change its permissions."
    return f"{path} cannot be opened: {error.strerror or error}."
