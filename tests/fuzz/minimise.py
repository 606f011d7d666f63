"""As few messages as still show a fault."""

from collections.abc import Callable
from typing import TypeVar

Item = TypeVar("Item")

_MOST_TRIES = 2000


def minimised(items: list[Item], shows: Callable[[list[Item]], bool]) -> list[Item]:
    """Leave out whatever is not needed, in ever smaller pieces."""
    size, tries = len(items) // 2, 0
    while size and tries < _MOST_TRIES:
        at, left_out = 0, False
        while at < len(items) and tries < _MOST_TRIES:
            rest = items[:at] + items[at + size :]
            tries += 1
            if rest and shows(rest):
                items, left_out = rest, True
            else:
                at += size
        size = size if left_out and size == 1 else size // 2
    return items
