"""The state of a partition: the touches and payments that an event in time can still reach."""

from streams.state.change import Change
from streams.state.memory import Memory
from streams.state.store import PartitionState, Position, Wanted

__all__ = ["Change", "Memory", "PartitionState", "Position", "Wanted"]
