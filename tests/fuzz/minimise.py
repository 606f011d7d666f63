"""As few messages as still show a fault."""

from collections.abc import Callable
from typing import TypeVar

Item = TypeVar("Item")
Shows = Callable[[list[Item]], bool]


def minimised(items: list[Item], shows: Shows[Item]) -> list[Item]:
    """Neighbouring messages that still show it, from which none can be left out."""
    return _thinned(_window(items, shows), shows)


def _window(items: list[Item], shows: Shows[Item]) -> list[Item]:
    """The smallest window, of any power of two, that shows it; all of them if none does."""
    size = 1
    while size < len(items):
        for at in range(0, len(items), max(1, size // 2)):
            if shows(items[at : at + size]):
                return items[at : at + size]
        size *= 2
    return items


def _thinned(items: list[Item], shows: Shows[Item]) -> list[Item]:
    at = 0
    while at < len(items) > 1:
        rest = items[:at] + items[at + 1 :]
        if shows(rest):
            items = rest
        else:
            at += 1
    return items
