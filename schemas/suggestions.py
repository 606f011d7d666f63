"""What somebody meant who wrote a name that there is not."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a sentence, "; did you mean surface?", or "." where no known name is like it."""
    close = get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else "."
