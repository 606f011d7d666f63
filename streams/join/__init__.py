"""The join, as pure functions: what is known of a user and a brand in, rows out."""

from streams.join.conversions import Conversion, Gap, Owner, conversions, crowded_conversions
from streams.join.journeys import Journey, journeys
from streams.join.steps import Steps
from streams.join.windows import Touches, Window

__all__ = [
    "Conversion",
    "Gap",
    "Journey",
    "Owner",
    "Steps",
    "Touches",
    "Window",
    "conversions",
    "crowded_conversions",
    "journeys",
]
