"""What the commands share: the terminal, progress, errors and exit codes.

Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 130 and 143 interrupted.
"""

import codecs
import io
import logging
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.measure import Measurement
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from schemas.errors import SettingsError, ZhongcaoError
from streams import stopping
from streams.operations.logs import not_told_otherwise, quiet_the_loud
from streams.visible import VisibleLines, visible


class Terminal(Console):
    """A console on which every string is text: no markup, no emoji, and no control that a terminal would obey.

    Styles are given as `style=` or with styled().
    """

    def render_str(self, text: str, **options: Any) -> Text:
        """Where all strings come by, also those of tables."""
        return super().render_str(visible(text), **options | {"markup": False, "emoji": False})


def styled(text: str, style: str) -> Text:
    """Text from anywhere, in bold or in a colour."""
    return Text(visible(text), style)


#: What stands for a sign that an encoding lacks, the first that it has.
OTHER_SIGNS = {"¥": ("￥", "CNY ")}


def show_all_characters() -> None:
    """Let no character of ours end a command because the terminal's encoding, as GBK or ASCII, lacks it."""
    codecs.register_error("shown otherwise", _shown_otherwise)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="shown otherwise")


def _shown_otherwise(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_other_sign(sign, error.encoding) for sign in lacking), error.end


def _other_sign(sign: str, encoding: str) -> str:
    for other in OTHER_SIGNS.get(sign, ()):
        with suppress(UnicodeEncodeError):
            other.encode(encoding)
            return other
    return sign.encode("ascii", "backslashreplace").decode()


#: Results go to stdout; what is for the eye only goes to stderr.
out = Terminal()
err = Terminal(stderr=True)
#: Of a line, in characters.
MAX_WIDTH = 1_000


def program_name() -> str:
    """How the user can call us again: by name where the shell would find us, else by path."""
    path = Path(sys.argv[0])
    found = shutil.which(path.name)
    return path.name if found and Path(found).resolve() == path.resolve() else str(path)


@contextmanager
def explained() -> Iterator[None]:
    """Turn errors into one sentence and an exit code."""
    try:
        yield
    except click.exceptions.Abort as abort:
        _interrupted(abort.__cause__)
    except click.ClickException as error:
        error.message = visible(error.message)
        error.show()
        sys.exit(error.exit_code)
    except SettingsError as error:
        fail(str(error), 2)
    except ZhongcaoError as error:
        fail(str(error), 1)
    except KeyboardInterrupt as interrupt:
        _interrupted(interrupt)
    except BrokenPipeError:
        # The reader of our output went away, as `head` does.
        sys.stderr.close()
        sys.exit(0)


def print_whole(table: Table) -> None:
    """Print a table with no column shortened: lines that are too long for the terminal are broken by it."""
    width = Measurement.get(out, out.options.update(max_width=MAX_WIDTH), table).maximum
    Terminal(width=max(out.width, width)).print(table, highlight=False)


def log_warnings() -> None:
    """Let warnings through, and nothing below; who gave one is nothing to whom a command talks to."""
    handler = logging.StreamHandler()
    handler.addFilter(not_told_otherwise)
    handler.setFormatter(VisibleLines("%(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    quiet_the_loud()


def fail(sentence: str, code: int) -> None:
    """Print an error and leave."""
    _say(sentence)
    sys.exit(code)


def _say(error: str) -> None:
    err.print(styled("error:", "bold red"), error, highlight=False, soft_wrap=True)


def _interrupted(signal: BaseException | None) -> None:
    """Say so and leave, whatever else may still be waiting."""
    _say(str(signal or "") or "Interrupted.")
    stopping.end(stopping.exit_code())


@contextmanager
def progress_bar(what: str, total: float | None) -> Iterator["Bar"]:
    """A bar on stderr; it draws nothing where stderr is no terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        yield Bar(progress, progress.add_task(visible(what), total=total, note=""))


class Bar:
    """One line of progress."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def show(self, completed: float, note: str) -> None:
        """Move the bar; completed is in the unit of its total."""
        self._progress.update(self._task, completed=completed, note=visible(note))
