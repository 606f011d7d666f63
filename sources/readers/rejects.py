"""Where lines go that are not events."""

import json
import os
from pathlib import Path
from typing import TextIO

from schemas.errors import SourceError

from .closing import Closing

#: Of rejects that are only counted.
MOST_TOLD = 3


class RejectsFile(Closing):
    """JSON lines that name each rejected input line; a context manager that closes the file.

    Each has `file`, `line` (from 1), `reason` (a sentence) and `raw`: the line as text, in which
    every byte that is not UTF-8 is replaced by backslash, x and two hex digits.

    The file is created when the first reject comes. If it exists, rejects are added to it, so
    that those of an earlier run are not lost.

    count: rejects so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: TextIO | None = None

    def add(self, file: Path, line: int, reason: str, raw: bytes) -> None:
        """Write one reject; SourceError if the rejects file cannot be written."""
        reject = {
            "file": str(file),
            "line": line,
            "reason": reason,
            "raw": raw.decode("utf-8", "backslashreplace"),
        }
        try:
            if self._file is None:
                # What was rejected may tell of people: nobody else may read it.
                descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                self._file = os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")
            self._file.write(json.dumps(reject, ensure_ascii=False) + "\n")
        except OSError as error:
            raise self._unwritable(error) from error
        self.count += 1

    def told(self) -> str:
        """Where they are."""
        return f"see {self.path}"

    def close(self) -> None:
        """Write out what is buffered and close the file; SourceError if that fails."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> SourceError:
        return SourceError(
            f"The rejects file {self.path} cannot be written: {error.strerror or error}; "
            "name another one, so that no line is lost."
        )


class CountedRejects(RejectsFile):
    """Rejects that are written nowhere: the first ones are told."""

    def __init__(self) -> None:
        super().__init__(Path(os.devnull))
        self._first: list[str] = []

    def add(self, file: Path, line: int, reason: str, raw: bytes) -> None:
        """Count one."""
        if self.count < MOST_TOLD:
            self._first.append(f"line {line}: {reason}")
        self.count += 1

    def told(self) -> str:
        """The first ones, and why."""
        return " ".join(self._first)
