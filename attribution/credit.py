"""Credit by channel, which adds up to what was sold."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from attribution.apportion import apportioned
from attribution.markov import removal_effects
from attribution.shapley import shapley_values

#: What orders without touches are credited to.
ORGANIC = ""
#: What orders are credited to that have no touch that is held, though there may have been some: nobody knows what led
#: to them. Those of crowded users are among them.
UNKNOWN = "(unknown)"

WORTH = ("sub_orders", "gross_fen", "refunded_fen")


@dataclass(frozen=True, slots=True)
class Credit:
    """What one channel is credited with.

    channel: ORGANIC and UNKNOWN for the orders without paths.
    removal_effect: 0 to 1; None where the model knows none.
    sub_orders: a count, with fractions. gross_fen, refunded_fen: in fen (1/100 CNY).
    """

    channel: str
    removal_effect: float | None
    sub_orders: float
    gross_fen: int
    refunded_fen: int

    @property
    def net_fen(self) -> int:
        """What stayed, in fen."""
        return self.gross_fen - self.refunded_fen

    def plain(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self) | {"net_fen": self.net_fen}


def markov_credits(transitions: pl.DataFrame) -> list[Credit]:
    """What was sold, shared by removal effects. Channels with an effect of 0 are left out.

    transitions: as Paths.transitions gives them.

    Raises SettingsError if there are too many channels.
    """
    ends = transitions.filter(pl.col("next") == "").rename({"conversions": "sub_orders"})
    at_start = pl.col("state") == ""
    organic, sold = (_sums(ends.filter(where)) for where in (at_start, ~at_start))
    if not sold["sub_orders"]:
        return _with_organic([], organic)
    effects = removal_effects(transitions.filter(~(at_start & (pl.col("next") == ""))))
    weights = {channel: Fraction(effect) for channel, effect in effects.items() if effect}
    whole = sum(weights.values())
    shares = {
        worth: {channel: sold[worth] * weight / whole for channel, weight in weights.items()}
        for worth in WORTH
    }
    return _with_organic(_credits(shares, effects), organic)


def shapley_credits(coalitions: pl.DataFrame) -> list[Credit]:
    """What was sold, shared by Shapley values.

    coalitions: as Paths.coalitions gives them.
    """
    touched = pl.col("channels").list.len() > 0
    sold = coalitions.filter(touched)
    shares = {worth: shapley_values(sold, worth) for worth in WORTH}
    return _with_organic(_credits(shares, {}), _sums(coalitions.filter(~touched)))


def _sums(sold: pl.DataFrame) -> dict[str, int]:
    return {worth: int(sold[worth].sum()) for worth in WORTH}


def _credits(
    shares: Mapping[str, Mapping[str, Fraction]], effects: Mapping[str, float]
) -> Iterator[Credit]:
    gross, refunded = (apportioned(shares[worth]) for worth in ("gross_fen", "refunded_fen"))
    for channel, sub_orders in shares["sub_orders"].items():
        yield Credit(
            channel, effects.get(channel), float(sub_orders), gross[channel], refunded[channel]
        )


def _with_organic(found: Iterable[Credit], organic: Mapping[str, int]) -> list[Credit]:
    """The greatest first, and organic orders last."""
    ordered = sorted(found, key=lambda credit: (-credit.sub_orders, credit.channel))
    return [*ordered, *without_path(ORGANIC, organic)]


def without_path(channel: str, sold: Mapping[str, int]) -> list[Credit]:
    """The credit of a channel that is none, if anything was sold through it. sold: by WORTH."""
    if not sold["sub_orders"]:
        return []
    sub_orders = float(sold["sub_orders"])
    return [Credit(channel, None, sub_orders, sold["gross_fen"], sold["refunded_fen"])]
