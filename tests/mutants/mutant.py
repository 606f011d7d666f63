"""A guard of the product, and a change that takes it away.

A change replaces a text that stands exactly once in its file.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One guard and how it is taken away.

    guard: what it is, in words.
    file: of the product, from the root of the project.
    old, new: the text that stands there, and what takes its place.
    tests: files, or tests in them, one of which must fail.
    """

    guard: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
