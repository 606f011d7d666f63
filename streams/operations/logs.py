"""Log lines of a worker, for people or for machines.

What a line is about stands in fields (`extra=`), not in its message: one message, one meaning.
"""

import logging
import os
from collections.abc import Callable
from importlib.machinery import PathFinder
from typing import Any

from schemas.errors import ZhongcaoError
from streams.timeunits import iso_utc
from streams.visible import json_text, visible, visible_value

#: Our own packages; what others say counts from WARNING on.
OURS = ("schemas", "sinks", "sources", "streams")
#: These log each failed connection or request; our own errors say it in a sentence.
LOUD = {"clickhouse_driver": logging.ERROR, "kafka": logging.CRITICAL}
#: What every record has, and is no field of its own.
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(log_format: str, log_level: str) -> None:
    """Send all log lines to stderr: ours from a level on, those of libraries from WARNING on.

    With level debug, libraries speak at INFO as well.
    log_format: text or json.
    """
    level = logging.getLevelNamesMapping()[log_level.upper()]
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    handler.addFilter(not_told_otherwise)
    if level > logging.DEBUG:
        handler.addFilter(_not_mundane())
    logging.basicConfig(
        level=max(level, logging.WARNING) if level > logging.DEBUG else logging.INFO,
        handlers=[handler],
        force=True,
    )
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    quiet_the_loud()
    logging.captureWarnings(True)


def quiet_the_loud() -> None:
    """Keep libraries from logging what we tell anyway."""
    for name, level in LOUD.items():
        logging.getLogger(name).setLevel(level)


def not_told_otherwise(record: logging.LogRecord) -> bool:
    """Drop what comes with an error of ours: it stops the command, which tells it in a sentence."""
    return not (record.exc_info and isinstance(record.exc_info[1], ZhongcaoError))


def _not_mundane() -> Callable[[logging.LogRecord], bool]:
    """Drop the comings and goings of services, which Faust and mode log in the name of our classes too."""
    specs = [PathFinder.find_spec(name) for name in ("faust", "mode")]
    folders = tuple(
        f"{folder}{os.sep}"
        for spec in specs
        if spec
        for folder in spec.submodule_search_locations or ()
    )
    return lambda record: (
        record.levelno >= logging.WARNING or not record.pathname.startswith(folders)
    )


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, error (with its traceback), and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; what JSON does not know is written as its text."""
        line: dict[str, Any] = {
            "time": iso_utc(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json_text(line | (fields(record) | line))


class TextLines(logging.Formatter):
    """Time, level, logger and message, then the fields as name=value, then a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, or lines."""
        told = " ".join(f"{name}={visible_value(value)}" for name, value in fields(record).items())
        message = visible(record.getMessage())
        line = f"{iso_utc(record.created)} {record.levelname} {record.name}: {message} {told}"
        trace = f"\n{visible(self.formatException(record.exc_info))}" if record.exc_info else ""
        return line.rstrip() + trace


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """What was given as `extra`."""
    return {name: value for name, value in vars(record).items() if name not in STANDARD}
