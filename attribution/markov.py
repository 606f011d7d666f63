"""Removal effects in a Markov chain of channels.

Anderl, Becker, von Wangenheim, Schumann (2016), "Mapping the customer journey: Lessons learned from graph-based
online attribution modeling", International Journal of Research in Marketing: a path is a walk from start over its
channels to conversion or null, and a channel is worth what conversions would lose if each walk into it ended in null.

The chain is of first order. A channel that follows itself is one visit, as in the R package ChannelAttribution. With a
loop for each repetition the removal effects would be the same: a loop delays a walk and does not change where it goes.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.errors import SettingsError

#: The dense matrices of so many channels take about 0.5 GB, and their inversion seconds.
MAX_CHANNELS = 4_000

#: Effects are whole multiples of this: what is equal, or nothing, but for rounding errors becomes so.
RESOLUTION = 2.0**-40

Floats = npt.NDArray[np.float64]


def removal_effects(transitions: pl.DataFrame) -> dict[str, float]:
    """Channel → 1 - P(conversion without it) / P(conversion), 0 to 1, for all channels, sorted by name.

    transitions: how often paths went from one state to the next, with the columns state (String, "" for start),
        next (String, "" for the end of a path), conversions and nulls (integers: in paths that converted, and in those
        that did not). Several rows of one pair are added up. There must be a conversion.

    With the fundamental matrix N = (I - Q)^-1 of an absorbing chain (Kemeny, Snell (1960), "Finite Markov Chains",
    chapter 3), a walk visits channel k with probability N[start, k] / N[k, k], and converts from there with (N r)[k],
    where r is the probability to convert next. Their product is what is lost without k: one inversion does for all.

    Raises SettingsError if there are more than MAX_CHANNELS channels.
    """
    names = _channels(transitions)
    if len(names) > MAX_CHANNELS:
        raise SettingsError(
            f"There are {len(names):,} channels, more than the {MAX_CHANNELS:,} that --model markov takes: "
            "choose fewer days, --by creator, surface or kind, or --model shapley."
        )
    onward, converting = _probabilities(transitions, names)
    fundamental = np.linalg.inv(np.eye(len(onward)) - onward)
    conversion = fundamental @ converting
    visit = fundamental[0, 1:] / np.diagonal(fundamental)[1:]
    effects = np.clip(visit * conversion[1:] / conversion[0], 0.0, 1.0)
    rounded = np.round(effects / RESOLUTION) * RESOLUTION
    return dict(zip(names, rounded.tolist(), strict=True))


def _channels(transitions: pl.DataFrame) -> list[str]:
    states = pl.concat([transitions["state"], transitions["next"]]).unique().sort()
    return [name for name in states if name]


def _probabilities(transitions: pl.DataFrame, names: list[str]) -> tuple[Floats, Floats]:
    """Q, from start (0) and each channel to each channel, (n + 1, n + 1); and r, to conversion, (n + 1)."""
    place = {name: number for number, name in enumerate(names, start=1)}
    left, entered = (
        transitions[end].replace_strict(place, default=0, return_dtype=pl.UInt32).to_numpy()
        for end in ("state", "next")
    )
    conversions = transitions["conversions"].to_numpy().astype(np.float64)
    times = conversions + transitions["nulls"].to_numpy()
    onward, converting = np.zeros((len(names) + 1, len(names) + 1)), np.zeros(len(names) + 1)
    ends = entered == 0
    going_on = ~ends & (left != entered)
    np.add.at(onward, (left[going_on], entered[going_on]), times[going_on])
    np.add.at(converting, left[ends], conversions[ends])
    departures = onward.sum(axis=1) + np.bincount(left[ends], times[ends], len(names) + 1)
    return onward / departures[:, None], converting / departures
