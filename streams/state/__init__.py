"""The state of a partition: the touches and payments that an event in time can still reach."""

from streams.state.store import PartitionState

__all__ = ["PartitionState"]
