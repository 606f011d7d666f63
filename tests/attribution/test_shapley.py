"""Shapley values: as published, and as the definition has them.

Defined in docs/definitions.md §10.3.
"""

from fractions import Fraction

import pytest
from brute_force import coalitions
from brute_force import shapley_values as by_definition
from hypothesis import given
from hypothesis import strategies as st

from attribution.shapley import shapley_values

#: Of 100 conversions, how many were of paths with these channels: the notebook "Data Driven Attribution" in
#: github.com/tomgorb/misc, after an article of towardsdatascience.com.
FACEBOOK = {"F": 20, "O": 10, "L": 17, "FO": 17, "FL": 30, "LO": 0, "FOL": 6}

conversions = st.lists(
    st.tuples(st.frozensets(st.sampled_from("abcde"), min_size=1), st.integers(0, 10**12)),
    min_size=1,
    max_size=10,
)


def test_three_channels_of_a_notebook() -> None:
    """F 0.455, O 0.205, L 0.34 there, by the formula over all coalitions."""
    values = shapley_values(coalitions(FACEBOOK.items()), "worth")
    assert values == {"F": Fraction("45.5"), "L": 34, "O": Fraction("20.5")}


def test_all_coalitions_count_for_the_whole() -> None:
    """datascience.stackexchange.com, question 85684: the channels share 30, though no path had all four."""
    values = shapley_values(coalitions([(["C1", "C2"], 20), (["C1", "C3", "C4"], 10)]), "worth")
    assert sum(values.values()) == 30
    assert values["C1"] == 10 + Fraction(10, 3)


@given(conversions)
def test_sharing_alike_is_the_average_over_all_orders(
    sold: list[tuple[frozenset[str], int]],
) -> None:
    assert shapley_values(coalitions(sold), "worth") == by_definition(sold)


@pytest.mark.parametrize("size", [1, 7, 500])
def test_any_number_of_channels(size: int) -> None:
    names = [f"{number:03}" for number in range(size)]
    values = shapley_values(coalitions([(names, 1)]), "worth")
    assert values == dict.fromkeys(names, Fraction(1, size))
