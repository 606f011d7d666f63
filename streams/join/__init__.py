"""The join, as pure functions: what is known of a user and a brand in, rows out."""

from streams.join.conversions import Conversion, conversions
from streams.join.journeys import Journey, journeys

__all__ = ["Conversion", "Journey", "conversions", "journeys"]
