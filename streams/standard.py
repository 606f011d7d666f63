"""stdin, stdout and stderr, also where whoever started the process has closed some of them.

The next file that is opened would get the number of a closed one, and be read for stdin, or printed into.
"""

import errno
import io
import os
import sys
from typing import Any


class _Stdout(io.FileIO):
    """Tells its own failures from those of other files. What it did not take is given up."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            from schemas.errors import OutputError

            # It would be tried once more when the process ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            reason = "it is closed" if error.errno == errno.EBADF else error.strerror
            raise OutputError(
                f"stdout cannot be written ({reason}), and lacks what was to be printed: print to another place."
            ) from error


def prepare() -> None:
    """Put something in the place of each that is closed, before anything else is opened.

    Reading stdin, and writing to stdout, fail then (EBADF); nobody is there to read stderr.
    Writing to stdout raises OutputError from now on, where it did OSError.
    """
    for number, name, mode, flags in (
        (0, "stdin", "r", os.O_WRONLY),
        (1, "stdout", "w", os.O_RDONLY),
        (2, "stderr", "w", os.O_WRONLY),
    ):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # gets the lowest number that is free
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    before = sys.stdout
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Stdout(1, "w", closefd=False)),
        encoding=before.encoding,
        errors=before.errors,
        line_buffering=before.isatty(),
    )
