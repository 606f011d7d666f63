"""Text from outside, as a terminal may show it: what would move the cursor, colour or hide something is written out.

A terminal obeys control characters, and shows text in another order for the controls of bidirectional writing. Whoever
sends events chooses ids, and with them what is printed about them.
"""

import codecs
import json
import logging
import re
from typing import Any, BinaryIO, TextIO

_CONTROLS = r"\x00-\x08\x0b-\x1f\x7f-\x9f"
_DIRECTIONS = r"\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_SURROGATES = r"\ud800-\udfff"
_IN_TEXT = re.compile(f"[{_CONTROLS}{_DIRECTIONS}{_SURROGATES}]")
_IN_VALUE = re.compile(f"[\\t\\n{_CONTROLS}{_DIRECTIONS}{_SURROGATES}]")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def visible(text: str) -> str:
    """Text of several lines: tabs and ends of lines stay, every other control is written as `\\xNN` or `\\uNNNN`."""
    return _IN_TEXT.sub(_written, text)


def visible_value(value: object) -> str:
    """An id or another value inside a line: ends of lines are written out as well."""
    return _IN_VALUE.sub(_written, str(value))


def json_text(value: Any) -> str:
    """A value as one line of JSON that a terminal may show; its reader gets the value unchanged."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return _IN_TEXT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _written(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


class VisibleLines(logging.Formatter):
    """Log lines in which nothing from outside is obeyed by a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, or lines."""
        return visible(super().format(record))


class VisibleOutput:
    """A binary file over a terminal: bytes that are no UTF-8, and controls, are written out."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")

    def write(self, data: bytes) -> int:
        """Show bytes; the end of a character may come with the next."""
        self._terminal.write(visible(self._decoder.decode(data)))
        return len(data)

    def flush(self) -> None:
        """Show what was kept."""
        self._terminal.write(visible(self._decoder.decode(b"", final=True)))
        self._terminal.flush()


def output_for(stream: TextIO, *, for_eyes: bool = False) -> BinaryIO | VisibleOutput:
    """Where bytes of a result go: to a terminal in visible characters, anywhere else unchanged.

    for_eyes: they are text that is only looked at, and are in the encoding of the stream, whatever that is.
    """
    utf_8 = codecs.lookup(stream.encoding or "utf-8").name == "utf-8"
    return VisibleOutput(stream) if stream.isatty() or (for_eyes and not utf_8) else stream.buffer
