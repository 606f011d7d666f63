"""Shapley values of channels.

Zhao, Mahboobi, Bagheri (2018), "Shapley Value Methods for Attribution Modeling in Online Advertising",
arXiv:1804.05327: a coalition of channels is worth the conversions whose paths had no other channels. Then the channels
of a path share its conversion alike, which is exact for any number of channels.
"""

from collections import defaultdict
from fractions import Fraction

import polars as pl


def shapley_values(coalitions: pl.DataFrame, worth: str) -> dict[str, Fraction]:
    """Channel → its Shapley value, exactly, sorted by name. They add up to the sum of the worth.

    coalitions: what was had with a set of channels and no others, with the columns channels (list of different
        Strings, at least one) and `worth` (integers: sub-orders, or fen). Several rows of one set are added up.
    """
    by_size = (
        coalitions.select("channels", worth, size=pl.col("channels").list.len())
        .explode("channels")
        .group_by("channels", "size")
        .agg(pl.col(worth).sum())
    )
    values: defaultdict[str, Fraction] = defaultdict(Fraction)
    for channel, size, amount in by_size.sort("channels").iter_rows():
        values[channel] += Fraction(amount, size)
    return dict(values)
