"""What the models are by their definitions, from lists of paths, however long that takes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise, permutations
from math import factorial

import numpy as np
import polars as pl

START, CONVERSION, NULL = "(start)", "(conversion)", "(null)"

#: The channels of a path in order, and whether it converted.
Path = tuple[Sequence[str], bool]


def removal_effects(paths: Sequence[Path]) -> dict[str, float]:
    """Channel → what is lost when each step into it goes to null instead, with a chain for each channel.

    A channel that follows itself makes a loop.
    """
    walks = [[START, *channels, CONVERSION if converted else NULL] for channels, converted in paths]
    names = sorted({channel for channels, _ in paths for channel in channels})
    whole = _conversion(walks)
    return {name: 1 - _conversion([_cut(walk, name) for walk in walks]) / whole for name in names}


def _cut(walk: list[str], name: str) -> list[str]:
    """The walk with null in the place of a channel."""
    return [NULL if state == name else state for state in walk]


def _conversion(walks: list[list[str]]) -> float:
    """P(conversion) of the chain whose steps are those of the walks. Steps out of null are none."""
    steps = Counter(
        step for walk in walks for step in pairwise(walk) if step[0] not in (NULL, CONVERSION)
    )
    states = sorted({state for state, _ in steps})
    place = {state: number for number, state in enumerate(states)}
    onward, converting = np.zeros((len(states), len(states))), np.zeros(len(states))
    for (state, following), times in steps.items():
        if following == CONVERSION:
            converting[place[state]] += times
        elif following != NULL:
            onward[place[state], place[following]] += times
    left = np.array([sum(n for (s, _), n in steps.items() if s == state) for state in states])
    system = np.eye(len(states)) - onward / left[:, None]
    return float(np.linalg.solve(system, converting / left)[place[START]])


def shapley_values(coalitions: Sequence[tuple[frozenset[str], int]]) -> dict[str, Fraction]:
    """Channel → its marginal contribution, averaged over all orders in which channels can join.

    coalitions: the channels of paths, and what they were worth.
    """

    def worth(joined: frozenset[str]) -> int:
        return sum(amount for channels, amount in coalitions if channels <= joined)

    names = sorted({channel for channels, _ in coalitions for channel in channels})
    values = dict.fromkeys(names, Fraction())
    for order in permutations(names):
        for number, name in enumerate(order):
            before = frozenset(order[:number])
            values[name] += worth(before | {name}) - worth(before)
    return {name: value / factorial(len(names)) for name, value in values.items()}


def transitions(paths: Iterable[Path]) -> pl.DataFrame:
    """The same paths as attribution.markov takes them; each step is a row, and loops are left in."""
    rows = [
        (state, following, int(converted), int(not converted))
        for channels, converted in paths
        for state, following in pairwise(["", *channels, ""])
    ]
    return pl.DataFrame(rows, ["state", "next", "conversions", "nulls"], orient="row")


def coalitions(sold: Iterable[tuple[Iterable[str], int]]) -> pl.DataFrame:
    """Sets of channels and what they were worth, as attribution.shapley takes them."""
    rows = [(sorted(channels), worth) for channels, worth in sold]
    return pl.DataFrame(rows, {"channels": pl.List(pl.String), "worth": pl.Int64}, orient="row")
