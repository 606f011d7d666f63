"""The state of a partition: the touches and payments that an event in time can still reach."""

from streams.state.change import Change, Seed, Stage
from streams.state.crowds import Bounds
from streams.state.memory import Memory
from streams.state.reader import HistoryReader, Wanted
from streams.state.store import PartitionState, Position

__all__ = [
    "Bounds",
    "Change",
    "HistoryReader",
    "Memory",
    "PartitionState",
    "Position",
    "Seed",
    "Stage",
    "Wanted",
]
