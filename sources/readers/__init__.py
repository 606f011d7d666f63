"""Events from files: one reader, and one module for each format.

with RejectsFile(Path("rejects.jsonl")) as rejects, read(path, "jsonl", rejects) as events:
    for event in events:
        ...
print(rejects.count)
"""

from pathlib import Path

from schemas.errors import SettingsError
from schemas.registry import DirectoryRegistry, Registry

from .files import STDIN, InputFile
from .jsonl import JsonlParser
from .reading import Malformed, Parse, Reading
from .rejects import RejectsFile
from .taobao import parse_user_behavior

__all__ = [
    "FORMATS",
    "STDIN",
    "InputFile",
    "Malformed",
    "Reading",
    "RejectsFile",
    "read",
]

#: The formats that `read` knows.
FORMATS = ("taobao-userbehavior", "jsonl")


def read(
    path: Path, format: str, rejects: RejectsFile, *, registry: Registry | None = None
) -> Reading:
    """Read the events of a file in file order; lines that are not events go to `rejects`.

    path: plain or gzip, which is recognised by its content; `-` for stdin.
    format: one of FORMATS.
    registry: the contracts that say what fields `jsonl` has; those of the package by default.

    Raises SettingsError for an unknown format and SourceError if the file cannot be opened;
    reading on raises SourceError if the file turns out to be damaged.
    """
    parse = _parser(format, registry)
    return Reading(InputFile(path), parse, rejects)


def _parser(format: str, registry: Registry | None) -> Parse:
    if format == "taobao-userbehavior":
        return parse_user_behavior
    if format == "jsonl":
        return JsonlParser(registry or DirectoryRegistry()).parse
    raise SettingsError(f"format is {format!r}: the known formats are {', '.join(FORMATS)}.")
