"""Event time of one partition number, across its four topics (docs/definitions.md §2.1).

T is the smallest, over the topics that still have unread records, of the newest valid occurred_at read from
them; the newest of all where nothing is unread; and it never goes back. So a topic that lags by days does not
find its events called late, and an idle topic holds nothing up.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

#: Before anything was read: earlier than every event.
NEVER = int(np.iinfo(np.int64).min)
#: The end of a log while it is not known: there may be anything.
UNKNOWN = int(np.iinfo(np.int64).max)


@dataclass(slots=True)
class EventTime:
    """The clock of one partition number.

    now: T, ms since the Unix epoch; NEVER before the first event.
    newest: topic → newest valid occurred_at read from it, ms.
    """

    now: int = NEVER
    newest: dict[str, int] = field(default_factory=dict)

    def copy(self) -> Self:
        """One that moves by itself."""
        return replace(self, newest=dict(self.newest))

    def without_beyond(self, latest: int) -> Self:
        """One that has heard of nothing later than a time, ms.

        Of a topic that is beyond it nothing is known any more; where T is, it falls to the newest of the others.
        """
        newest = {topic: at for topic, at in self.newest.items() if at <= latest}
        now = self.now if self.now <= latest else max(newest.values(), default=NEVER)
        return replace(self, now=now, newest=newest)

    def before_each(
        self, topic: str, occurred_at: NDArray[np.int64], unread: Collection[str]
    ) -> NDArray[np.int64]:
        """T as it stands before each of a batch's events is read, in reading order.

        It does not depend on how the topic is cut into batches: while the events are read, their own topic
        has unread records.

        unread: the other topics that have unread records.
        """
        own = np.maximum.accumulate(np.concatenate([[self._newest(topic)], occurred_at]))[:-1]
        slowest_other = min(
            (self._newest(other) for other in unread if other != topic), default=None
        )
        if slowest_other is not None:
            own = np.minimum(own, slowest_other)
        return np.maximum(own, self.now)

    def advance(self, topic: str, occurred_at: NDArray[np.int64], unread: Collection[str]) -> None:
        """Take note of a batch that was read.

        occurred_at: of its valid events; may be empty.
        unread: the topics that have unread records after it.
        """
        if len(occurred_at):
            self.newest[topic] = max(self._newest(topic), int(occurred_at.max()))
        if unread:
            reached = min(self._newest(name) for name in unread)
        else:
            reached = max(self.newest.values(), default=NEVER)
        self.now = max(self.now, reached)

    def _newest(self, topic: str) -> int:
        return self.newest.get(topic, NEVER)


@dataclass(frozen=True, slots=True)
class LogRange:
    """What a broker holds of one partition: offsets from start (included) to end (excluded).

    committed: where the group would read on after a crash.
    markers: offsets behind the end that hold no records, such as markers of transactions.
    """

    start: int
    end: int
    committed: int
    markers: int = 0

    @property
    def lag(self) -> int | None:
        """How many offsets lie between what is committed and the end; None while that is unknown."""
        return None if self.end == UNKNOWN else max(0, self.end - max(self.start, self.committed))


def unread_topics(read_to: Mapping[str, int], logs: Mapping[str, LogRange]) -> set[str]:
    """The topics that hold records beyond what was read.

    read_to: topic → next offset to read.
    """
    return {topic for topic, log in logs.items() if log.end > max(read_to.get(topic, 0), log.start)}
