"""One line an event, for people or for machines; libraries are heard when something is wrong."""

import json
import logging
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import faust
import mode
import pytest

from schemas.errors import SinkUnavailable
from streams.operations import logs
from streams.settings import Settings
from streams.timeunits import iso_utc

logger = logging.getLogger("streams.somewhere")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """What `configure` changes is global."""
    root = logging.getLogger()
    names = [*logs.OURS, *logs.LOUD]
    before = root.level, root.handlers[:], {name: logging.getLogger(name).level for name in names}
    yield
    logging.captureWarnings(False)
    root.handlers[:] = before[1]
    root.setLevel(before[0])
    for name, level in before[2].items():
        logging.getLogger(name).setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    extra = {"topic": "note-views", "partition": 3, "folder": Path("/data")}
    logger.info("read %d of 种草", 5, extra=extra)
    [line] = lines(capsys)
    at = datetime.fromisoformat(line.pop("time"))
    assert at.tzname() == "UTC"
    assert line == {
        "level": "info",
        "logger": "streams.somewhere",
        "message": "read 5 of 种草",
        "topic": "note-views",
        "partition": 3,
        "folder": "/data",
    }


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_750_132_800.0625, "2025-06-17T04:00:00.062Z"),
    ],
)
def test_times_are_utc_to_the_millisecond(seconds: float, text: str) -> None:
    assert iso_utc(seconds) == text


def test_a_field_does_not_replace_what_every_line_has(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    logger.info("told", extra={"level": 7, "time": 8, "logger": 9})
    [line] = lines(capsys)
    assert (line["level"], line["logger"]) == ("info", "streams.somewhere")
    assert line["time"].endswith("Z")


def test_an_error_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    try:
        raise ValueError("broken")
    except ValueError:
        logger.exception("it failed")
    [line] = lines(capsys)
    assert line["message"] == "it failed"
    assert line["error"].startswith("Traceback")
    assert line["error"].endswith("ValueError: broken")


def test_a_line_of_text(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("text", "info")
    logger.warning("late", extra={"partition": 3, "topic": "note-views"})
    time, rest = capsys.readouterr().err.rstrip("\n").split(" ", 1)
    assert datetime.fromisoformat(time)
    assert rest == "WARNING streams.somewhere: late partition=3 topic=note-views"


def test_a_traceback_in_text(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("text", "info")
    try:
        raise ValueError("broken")
    except ValueError:
        logger.exception("it failed")
    first, *_, last = capsys.readouterr().err.splitlines()
    assert first.endswith("ERROR streams.somewhere: it failed")
    assert last == "ValueError: broken"


@pytest.mark.parametrize(
    ("log_level", "expected"),
    [
        ("debug", ["ours debug", "ours info", "ours error", "theirs info", "theirs error"]),
        ("info", ["ours info", "ours error", "theirs error"]),
        ("warning", ["ours error", "theirs error"]),
        ("error", ["ours error", "theirs error"]),
    ],
)
def test_levels(capsys: pytest.CaptureFixture[str], log_level: str, expected: list[str]) -> None:
    logs.configure("json", log_level)
    for whose, name in (("ours", "streams.somewhere"), ("theirs", "aiokafka.somewhere")):
        for level in ("debug", "info", "error"):
            # As if a file of ours said it: this file is not one of the packages.
            record = logging.getLogger(name).makeRecord(
                name,
                getattr(logging, level.upper()),
                logs.__file__,
                1,
                f"{whose} {level}",
                (),
                None,
            )
            if logging.getLogger(name).isEnabledFor(record.levelno):
                logging.getLogger(name).handle(record)
    assert [line["message"] for line in lines(capsys)] == expected


@pytest.mark.parametrize("library", [faust, mode])
def test_what_a_library_says_in_our_name_is_not_worth_a_line(
    capsys: pytest.CaptureFixture[str], library: Any
) -> None:
    logs.configure("json", "info")
    for level in (logging.INFO, logging.WARNING):
        logger.handle(
            logger.makeRecord(logger.name, level, library.__file__, 1, "Starting...", (), None)
        )
    assert [line["level"] for line in lines(capsys)] == ["warning"]


def test_an_error_that_ends_the_worker_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    error = SinkUnavailable("away")
    logger.error("Crashed reason=%r", error, exc_info=error)
    assert lines(capsys) == []


def test_warnings_of_python_are_lines_too(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    [line] = lines(capsys)
    assert line["logger"] == "py.warnings"
    assert "DeprecationWarning: old" in line["message"]


def test_settings_do_not_show_their_password() -> None:
    settings = Settings(clickhouse_password="hunter2")
    assert "hunter2" not in repr(settings)
    assert settings.clickhouse_password == "hunter2"
