"""Removal effects: as published, as by refitting the chain without each channel, and at their limits.

Defined in docs/definitions.md §10.3.
"""

import polars as pl
import pytest
from brute_force import removal_effects as refitted
from brute_force import transitions
from hypothesis import given
from hypothesis import strategies as st

from attribution import markov
from attribution.markov import removal_effects
from schemas.errors import SettingsError


def test_three_paths_of_the_r_tutorial() -> None:
    """S. Bryl, "Marketing Multi-Channel Attribution model with R (part 1: Markov chains concept)", analyzecore.com.

    P(conversion) is 1/3 there; the npm package markovattribution tests the same numbers.
    """
    paths = [(["C1", "C2", "C3"], True), (["C1"], False), (["C2", "C3"], False)]
    assert removal_effects(transitions(paths)) == {"C1": 0.5, "C2": 1.0, "C3": 1.0}


def test_channels_that_come_again() -> None:
    """The README of pychattr, after the R package ChannelAttribution: by 10,000 simulations, A 1.0000 and B 0.5067."""
    paths = [(list("ABABBA"), True), (list("ABBAA"), True), (list("AA"), True)]
    effects = removal_effects(transitions(paths))
    assert effects == {"A": 1.0, "B": 0.5}
    assert effects == pytest.approx({"A": 1.0000, "B": 0.5067}, abs=0.01)


def test_two_channels_that_convert_alone_and_together() -> None:
    """S. Puzyrov, "Markov Chain Attribution – Simple Explanation Of Removal Effect" (2019): paths and probabilities.

    From start to Google Ads 0.8, to mailing 0.2; from Google Ads to conversion 0.5, to mailing 0.25; from mailing to
    conversion 1.
    """
    paths = [
        *[(["google ads"], True)] * 2,
        (["mailing"], True),
        (["google ads", "mailing"], True),
        (["google ads"], False),
    ]
    whole = 0.8 * 0.5 + 0.8 * 0.25 + 0.2
    assert removal_effects(transitions(paths)) == pytest.approx(
        {"google ads": 1 - 0.2 / whole, "mailing": 1 - 0.8 * 0.5 / whole}
    )


channels = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8)
some_convert = st.lists(st.tuples(channels, st.booleans()), max_size=20).flatmap(
    lambda paths: channels.map(lambda path: [*paths, (path, True)])
)


@given(some_convert)
def test_one_inversion_does_what_a_chain_for_each_channel_does(
    paths: list[tuple[list[str], bool]],
) -> None:
    assert removal_effects(transitions(paths)) == pytest.approx(refitted(paths), abs=1e-9)


@given(some_convert)
def test_a_loop_makes_no_difference(paths: list[tuple[list[str], bool]]) -> None:
    steps = transitions(paths)
    without = steps.filter((pl.col("state") != pl.col("next")) | (pl.col("state") == ""))
    assert removal_effects(steps) == removal_effects(without)


def test_what_leads_nowhere_has_no_effect_at_all() -> None:
    paths = [*[(["a", "b", "a"], True)] * 3, *[(["b", "c", "d", "c"], False)] * 7]
    effects = removal_effects(transitions(paths))
    assert (effects["c"], effects["d"]) == (0.0, 0.0)


def test_a_channel_that_only_others_convert_after_has_an_effect() -> None:
    assert removal_effects(transitions([(["a", "b"], False), (["b"], True)]))["a"] == 0.5


def test_hundreds_of_channels_in_a_row() -> None:
    names = [f"{number:03}" for number in range(600)]
    effects = removal_effects(transitions([(names, True), (names[:300], False)]))
    assert effects == dict.fromkeys(names, 1.0)


def test_too_many_channels_are_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markov, "MAX_CHANNELS", 2)
    with pytest.raises(SettingsError, match="There are 3 channels, more than the 2 that"):
        removal_effects(transitions([(list("abc"), True)]))
