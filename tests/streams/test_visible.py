"""Controls are written out, and nothing else is changed."""

import io
import json
import logging

import pytest

from streams.operations.logs import JsonLines, TextLines
from streams.visible import VisibleLines, VisibleOutput, json_text, visible, visible_value

ESCAPES = [
    ("\x1b[31m", "\\x1b[31m"),
    ("\x9b31m", "\\x9b31m"),
    ("a\x00b\x7f", "a\\x00b\\x7f"),
    ("\r", "\\r"),
    ("\u202eb\u2066", "\\u202eb\\u2066"),
    ("\ud800", "\\ud800"),
    ("种草 é 🛍 [red] \\x1b", "种草 é 🛍 [red] \\x1b"),
]


@pytest.mark.parametrize(("text", "shown"), ESCAPES)
def test_controls_are_written_out(text: str, shown: str) -> None:
    assert visible(text) == visible_value(text) == shown


def test_lines_stay_in_text_and_not_in_values() -> None:
    assert visible("a\tb\n") == "a\tb\n"
    assert visible_value("a\tb\nc") == "a\\tb\\nc"


@pytest.mark.parametrize("text", [text for text, _ in ESCAPES])
def test_json_says_the_same_without_controls(text: str) -> None:
    line = json_text({"id": text})
    assert json.loads(line) == {"id": text}
    assert visible(line) == line


def test_bytes_for_a_terminal_in_pieces() -> None:
    terminal = io.StringIO()
    output = VisibleOutput(terminal)
    for piece in (b"\xe7\xa7", b"\x8d\x1b[2J\n", b"\xff\xe7"):
        assert output.write(piece) == len(piece)
    output.flush()
    assert terminal.getvalue() == "种\\x1b[2J\n\\xff\\xe7"


def record(**fields: str) -> logging.LogRecord:
    made = logging.LogRecord("streams", logging.WARNING, "", 1, "of %s", ("x\x1b[2Jy",), None)
    vars(made).update(fields)
    return made


def test_log_lines() -> None:
    line = TextLines().format(record(topic="a\nERROR forged\x1b[0m"))
    assert line.endswith("WARNING streams: of x\\x1b[2Jy topic=a\\nERROR forged\\x1b[0m")
    told = json.loads(JsonLines().format(record(topic="a\x9b")))
    assert (told["message"], told["topic"]) == ("of x\x1b[2Jy", "a\x9b")
    assert "\x9b" not in JsonLines().format(record(topic="a\x9b"))
    assert VisibleLines("%(message)s").format(record()) == "of x\\x1b[2Jy"
