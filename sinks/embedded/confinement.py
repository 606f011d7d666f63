"""What clients may not send though no right forbids it: what writes, reads or starts something outside of the folder.

A statement is judged as the engine's own parser writes it back: without comments, keywords in upper case, names and
strings in one way. What may be used is a list, so that what a later engine adds is refused until somebody has looked.
"""

from collections.abc import Iterable
from itertools import pairwise

from sinks.embedded.errors import ACCESS_DENIED, QueryError
from sinks.embedded.rights import DATABASE_ENGINES, OUTSIDE, TABLE_ENGINES
from sinks.embedded.statements import Token, tokens

#: All that need nothing but what is in the folder.
TABLE_FUNCTIONS = frozenset((
    "numbers", "numbers_mt", "zeros", "zeros_mt", "primes", "generateSeries", "generate_series", "generateRandom",
    "null", "values", "SQLStandardValues", "format", "input", "view", "viewIfPermitted", "viewExplain", "merge", "loop",
    "fuzzJSON", "fuzzQuery", "mergeTreeIndex", "mergeTreeProjection",
))  # fmt: skip
#: How statements begin. Not ATTACH, which takes any folder for a table's and moves it, nor DETACH, which it undoes.
_STATEMENTS = frozenset((
    "SELECT", "WITH", "(", "INSERT", "DELETE", "UPDATE", "TRUNCATE", "OPTIMIZE", "CHECK",
    "CREATE", "REPLACE", "ALTER", "RENAME", "EXCHANGE", "DROP", "UNDROP",
    "EXPLAIN", "DESCRIBE", "SHOW", "EXISTS", "USE", "SET", "KILL", "BEGIN", "COMMIT", "ROLLBACK",
))  # fmt: skip
_FILES = frozenset(("OUTFILE", "INFILE"))


class Confinement:
    """Judges statements. table_functions: all that the engine has."""

    def __init__(self, table_functions: Iterable[str]) -> None:
        self._functions = frozenset(
            name.lower() for name in table_functions if name not in TABLE_FUNCTIONS
        ) | {"disk"}

    def check(self, canonical: str) -> None:
        """Raises QueryError 497 naming what a statement, as the engine's parser writes it, may not use."""
        if (used := self._used(list(tokens(canonical)))) is not None:
            raise QueryError(ACCESS_DENIED, f"{used} is not allowed: {OUTSIDE}. (ACCESS_DENIED)")

    def _used(self, found: list[Token]) -> str | None:
        if found and found[0].text not in _STATEMENTS:
            return f"The statement {found[0].text}"
        for token, after in pairwise(found):
            if after.text == "(" and token.end == after.start and self._forbids(token):
                return f"{_name(token)}()"
        for token, after, third in zip(found, found[1:], found[2:], strict=False):
            if token.text in ("INTO", "FROM") and after.text in _FILES and third.kind == "string":
                return f"{token.text} {after.text}"
            if (token.text, after.text) == ("PARALLEL", "WITH") and third.text not in _STATEMENTS:
                return f"The statement {third.text}"
            if (token.text, after.text) == ("ENGINE", "=") and _is_foreign(third):
                return f"The engine {_name(third)}"
        return None

    def _forbids(self, token: Token) -> bool:
        return token.kind in ("word", "quoted") and _name(token).lower() in self._functions


def _is_foreign(engine: Token) -> bool:
    known = TABLE_ENGINES | DATABASE_ENGINES
    return engine.kind in ("word", "quoted") and _name(engine) not in known


def _name(token: Token) -> str:
    return token.text[1:-1] if token.kind == "quoted" else token.text
