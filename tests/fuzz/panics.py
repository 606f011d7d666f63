"""What polars prints about damaged blocks, kept off the screen and counted.

A panic in polars is one way in which a block turns out not to be decodable, which the codec expects. It also
prints three lines to the standard error, past Python's sys.stderr.
"""

import faulthandler
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

_PANIC = re.compile(r"^thread .* panicked at (\S+):\d+:$", re.MULTILINE)
_REST = re.compile(r"\n?^thread .* panicked at .*\n.*\n(?:note: .*\n)?", re.MULTILINE)


@contextmanager
def aside(panics: Counter[str]) -> Iterator[None]:
    """Count the panics of a block of code, by file; anything else is printed when it ends.

    Python's own errors and a fatal signal's traceback are printed at once.
    """
    os.environ["RUST_BACKTRACE"] = "0"
    sys.stderr.flush()
    screen = os.dup(2)
    printed = sys.stderr
    with TemporaryFile() as file, os.fdopen(screen, "w", buffering=1) as stderr:
        os.dup2(file.fileno(), 2)
        sys.stderr = stderr
        ours = not faulthandler.is_enabled()
        if ours:
            faulthandler.enable(stderr)
        try:
            yield
        finally:
            if ours:
                faulthandler.disable()
            os.dup2(screen, 2)
            sys.stderr = printed
            file.seek(0)
            panics.update(_told(file.read().decode(errors="replace")))


def _told(text: str) -> list[str]:
    rest = _REST.sub("", text)
    if rest.strip():
        print(rest, file=sys.stderr)
    return _PANIC.findall(text)
