"""Does the codec make of a batch what the library makes of its messages?"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from fuzz.contracts import REGISTRY
from fuzz.reference import Outcome
from schemas.codec import Codec, Decoded
from schemas.columns import binary
from schemas.rejects import Reason

CODEC = Codec(REGISTRY)


class Crash(Exception):
    """The codec raised something; no batch of messages may make it do that."""


class Wrong(Exception):
    """The codec gave other rows or rejects than the library; the text says where they differ."""


def check(topic: str, values: Sequence[bytes | None], outcomes: Sequence[Outcome]) -> None:
    """Raises Crash or Wrong."""
    try:
        decoded = CODEC.decode(topic, binary(values))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a panic of polars is no Exception
        raise Crash(f"{type(error).__name__}: {error}") from error
    if decoded.frame.schema != pl.Schema(CODEC.frame_schema(topic)):
        raise Wrong(f"the columns are {decoded.frame.schema}")
    _compare("row", _rows(decoded.frame), _expected_rows(outcomes))
    _compare("reject", _rejects(decoded), _expected_rejects(outcomes))


def _rows(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    reals = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    hexadecimal = [
        pl.Series(name, [None if x is None else x.hex() for x in frame[name]], pl.String)
        for name in reals
    ]
    return frame.with_columns(hexadecimal).rows()


def _expected_rows(outcomes: Sequence[Outcome]) -> list[tuple[Any, ...]]:
    return [(row, *good) for row, good in enumerate(outcomes) if not isinstance(good, Reason)]


def _rejects(decoded: Decoded) -> list[tuple[int, Reason]]:
    return [(reject.row, reject.reason) for reject in decoded.rejects]


def _expected_rejects(outcomes: Sequence[Outcome]) -> list[tuple[int, Reason]]:
    return [(row, bad) for row, bad in enumerate(outcomes) if isinstance(bad, Reason)]


def _compare(what: str, found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    if found == expected:
        return
    for one, other in zip([*found, None], [*expected, None], strict=False):
        if one != other:
            raise Wrong(f"{what}: the codec gives {one!r:.400}, the library {other!r:.400}")
