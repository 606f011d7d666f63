"""Where lines go that are not events."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import TextIO

from schemas.errors import SourceError

from .closing import Closing

#: Why lines were rejected is told of so many reasons, and counted of no more: texts hold what was wrong.
MOST_TOLD, MOST_COUNTED = 5, 10_000


class RejectsFile(Closing):
    """JSON lines that name each rejected input line; a context manager that closes the file.

    Each has `file`, `line` (from 1), `reason` (a sentence) and `raw`: the line as text, in which
    every byte that is not UTF-8 is replaced by backslash, x and two hex digits.

    The file is created when the first reject comes. If it exists, rejects are added to it, so
    that those of an earlier run are not lost.

    path: None counts them only.
    count: rejects so far.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.count = 0
        self._reasons: Counter[str] = Counter()
        self._first: dict[str, int] = {}
        self._file: TextIO | None = None

    def add(self, file: Path, line: int, reason: str, raw: bytes) -> None:
        """Write one reject; SourceError if the rejects file cannot be written."""
        if self.path is not None:
            self._write(self.path, file, line, reason, raw)
        self.count += 1
        if reason in self._first or len(self._first) < MOST_COUNTED:
            self._first.setdefault(reason, line)
            self._reasons[reason] += 1

    def _write(self, path: Path, file: Path, line: int, reason: str, raw: bytes) -> None:
        reject = {
            "file": str(file),
            "line": line,
            "reason": reason,
            "raw": raw.decode("utf-8", "backslashreplace"),
        }
        try:
            if self._file is None:
                # What was rejected may tell of people: nobody else may read it.
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                self._file = os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")
            self._file.write(json.dumps(reject, ensure_ascii=False) + "\n")
        except OSError as error:
            raise self._unwritable(error) from error

    def told(self) -> str:
        """Why, the most frequent reasons first, each with the first of its lines; and where all are."""
        most = self._reasons.most_common(MOST_TOLD)
        told = [self._of_reason(reason, count) for reason, count in most]
        if rest := self.count - sum(count for _, count in most):
            told.append(f"{rest:,} more for other reasons.")
        if self.path is not None:
            told.append(f"See {self.path}")
        return " ".join(told)

    def _of_reason(self, reason: str, count: int) -> str:
        line = f"line {self._first[reason]}"
        return f"{line}: {reason}" if count == 1 else f"{count:,} lines, first {line}: {reason}"

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
