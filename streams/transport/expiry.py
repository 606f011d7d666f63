"""Messages that Kafka deleted before we had read them: aiokafka reads on behind them, and says nothing."""

from typing import Any

from aiokafka.consumer import subscription_state


class PositionState(subscription_state.TopicPartitionState):
    """aiokafka's, which takes note of what it passes over.

    expired: (first offset, offset behind the last) of what was deleted, since it was last emptied.
    """

    def __init__(self, assignment: Any) -> None:
        self.expired: list[tuple[int, int]] = []
        self._gone: int | None = None
        super().__init__(assignment)

    def await_reset(self, strategy: int) -> None:
        """The broker does not have what is at our position."""
        self._gone = self._position
        super().await_reset(strategy)

    def reset_to(self, position: int) -> None:
        """It has this."""
        super().reset_to(position)
        # Behind us where the end was lost, not the beginning.
        if self._gone is not None and self._gone < position:
            self.expired.append((self._gone, position))
        self._gone = None

    def seek(self, position: int) -> None:
        """We go somewhere by ourselves."""
        super().seek(position)
        self._gone = None


# Whatever else reads with aiokafka sees no difference.
subscription_state.TopicPartitionState = PositionState
