"""SQL with something to fill in: how its templates are read, and what stands beside them."""

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from schemas.errors import DefinitionError
from sinks.quoting import literal


def environment() -> Environment:
    """Templates whose lines of blocks leave no lines, and that may use nothing unknown."""
    made = Environment(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    made.filters |= {"literals": _literals, "words": _words}
    return made


def toml_of_views(name: str) -> dict[str, Any]:
    """What a TOML file of sinks/views says.

    Raises DefinitionError when it is none.
    """
    try:
        return tomllib.loads((files("sinks") / "views" / name).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(f"sinks/views/{name} is not valid TOML: {error}.") from error


def _literals(names: Sequence[str]) -> str:
    return ", ".join(map(literal, names))


def _words(names: Sequence[str], conjunction: str) -> str:
    return f"{', '.join(names[:-1])} {conjunction} {names[-1]}"
