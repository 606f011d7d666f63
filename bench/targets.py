"""What a benchmark is to reach, and whether it does."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console


@dataclass(frozen=True, slots=True)
class Target:
    """target: what is wanted and what was measured, in a sentence."""

    target: str
    holds: bool


def show(console: Console, targets: Sequence[Target]) -> None:
    """One line each."""
    for one in targets:
        console.print(f"{'holds ' if one.holds else 'MISSED'}  {one.target}", highlight=False)


def kept(targets: Sequence[Target]) -> list[dict[str, Any]]:
    """As they lie in a file of results."""
    return [asdict(one) for one in targets]
