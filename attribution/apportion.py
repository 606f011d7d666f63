"""Shares of money in whole fen."""

from collections.abc import Mapping
from fractions import Fraction
from math import floor


def apportioned(shares: Mapping[str, Fraction]) -> dict[str, int]:
    """Whole numbers with the same sum, which must be whole, each less than 1 away from its share.

    All are rounded down, and the units that are left go to the largest remainders (Hamilton's method), the smaller name
    first where they are equal.
    """
    whole = {name: floor(share) for name, share in shares.items()}
    left = int(sum(shares.values())) - sum(whole.values())
    by_remainder = sorted(shares, key=lambda name: (whole[name] - shares[name], name))
    for name in by_remainder[:left]:
        whole[name] += 1
    return whole
