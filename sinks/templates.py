"""SQL with something to fill in: how its templates are read."""

from collections.abc import Sequence

from jinja2 import Environment, StrictUndefined

from sinks.quoting import literal


def environment() -> Environment:
    """Templates whose lines of blocks leave no lines, and that may use nothing unknown."""
    made = Environment(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    made.filters |= {"literals": _literals, "words": _words}
    return made


def _literals(names: Sequence[str]) -> str:
    return ", ".join(map(literal, names))


def _words(names: Sequence[str], conjunction: str) -> str:
    return f"{', '.join(names[:-1])} {conjunction} {names[-1]}"
