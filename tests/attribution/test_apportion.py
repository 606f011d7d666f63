"""Whole fen that add up."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.apportion import apportioned

weights = st.dictionaries(
    st.text(max_size=4),
    st.fractions(min_value=0, max_value=10**6, max_denominator=10**6),
    min_size=1,
).filter(lambda found: any(found.values()))


@given(st.integers(0, 10**15), weights)
def test_shares_add_up_and_are_less_than_a_fen_away(
    total: int, weights: dict[str, Fraction]
) -> None:
    shares = {name: total * weight / sum(weights.values()) for name, weight in weights.items()}
    found = apportioned(shares)
    assert sum(found.values()) == total
    assert found.keys() == shares.keys()
    assert all(abs(found[name] - share) < 1 for name, share in shares.items())


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ({}, {}),
        ({"b": "1/2", "a": "1/2"}, {"a": 1, "b": 0}),
        ({"c": "4/3", "a": "1/3", "b": "4/3"}, {"a": 1, "b": 1, "c": 1}),
        ({"a": "10/3", "b": "11/3"}, {"a": 3, "b": 4}),
        ({"a": "0", "b": "7"}, {"a": 0, "b": 7}),
    ],
)
def test_largest_remainders_and_then_the_smaller_name(
    shares: dict[str, str], expected: dict[str, int]
) -> None:
    assert apportioned({name: Fraction(share) for name, share in shares.items()}) == expected
