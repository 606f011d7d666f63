"""The touches in the window of a sub-order, of a history that is read once, or of one that is kept."""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from streams.history import Touch
from streams.kinds import TOUCHES, Kind

#: A path keeps its newest touches up to this many.
MAX_PATH = 500

_CLICK = Kind.CLICK


class Windows(Protocol):
    """The window of one sub-order after another, which only ever moves forward. Its length: of the touches in it."""

    def __len__(self) -> int: ...

    def move(self, since: int, until: int) -> None:
        """To the touches from since to until (ms), both included; neither may be earlier than before."""

    def offsets(self) -> int:
        """The sum over the topics of (1 + the highest source offset)."""

    def path(self) -> Sequence[Touch]:
        """The newest touches."""

    def has_click(self, item_id: str) -> bool:
        """Is there a click on an item among them?"""


class Passing:
    """The window of one sub-order after another. It only ever moves forward, so each touch is looked at once."""

    def __init__(self, touches: Sequence[Touch]) -> None:
        self._touches = touches
        self._first = self._behind = 0
        # By kind the touches in the window that have a higher offset than all that follow; each kind is of one topic.
        self._highest: dict[int, deque[tuple[int, int]]] = {}
        self._clicks: dict[str, list[int]] = defaultdict(list)

    def __len__(self) -> int:
        return self._behind - self._first

    def move(self, since: int, until: int) -> None:
        """To the touches from since to until (ms), both included; neither may be earlier than before."""
        touches, at, end = self._touches, self._behind, len(self._touches)
        while at < end and touches[at].occurred_at <= until:
            _, kind, _, _, item_id, offset = touches[at]
            highest = self._highest.get(kind.value)
            if highest is None:
                highest = self._highest[kind.value] = deque()
            while highest and highest[-1][1] <= offset:
                highest.pop()
            highest.append((at, offset))
            if kind is _CLICK:
                self._clicks[item_id].append(at)
            at += 1
        self._behind = at
        while self._first < at and touches[self._first].occurred_at < since:
            self._first += 1

    def offsets(self) -> int:
        """The sum over the topics of (1 + the highest source offset)."""
        found = 0
        for highest in self._highest.values():
            while highest and highest[0][0] < self._first:
                highest.popleft()
            found += 1 + highest[0][1] if highest else 0
        return found

    @property
    def _kept(self) -> int:
        return max(self._first, self._behind - MAX_PATH)

    def path(self) -> Sequence[Touch]:
        """The newest touches."""
        return self._touches[self._kept : self._behind]

    def has_click(self, item_id: str) -> bool:
        """Is there a click on an item among them?"""
        clicks = self._clicks.get(item_id)
        return clicks is not None and clicks[-1] >= self._kept


class KeptTouches:
    """Touches in their order, into which others are put.

    What windows over many touches need is found without looking at each of them.
    """

    def __init__(self) -> None:
        self.touches: list[Touch] = []
        self._of_kind = {kind: _Offsets() for kind in TOUCHES}

    def __len__(self) -> int:
        return len(self.touches)

    def put(self, touch: Touch) -> None:
        """Put a touch where it belongs. What identifies it stands before what its click led to, and its offset."""
        touches, identity = self.touches, touch[:4]
        # Mostly it is the newest, or near.
        at = (
            len(touches)
            if not touches or touches[-1] < identity
            else bisect_left(touches, identity)
        )
        if at < len(touches) and touches[at][:4] == identity:
            self._of_kind[touch.kind].remove(touches[at])
            touches[at] = touch
        else:
            touches.insert(at, touch)
        self._of_kind[touch.kind].add(touch)

    def forget(self, before: int) -> None:
        """Forget what lies before a time (ms)."""
        del self.touches[: bisect_left(self.touches, (before,))]
        for offsets in self._of_kind.values():
            offsets.forget(before)

    def windows(self) -> "Jumping":
        """Windows over them, as long as nothing is put."""
        return Jumping(self)

    def highest(self, kind: Kind, since: int, until: int) -> int:
        """The highest offset of a kind from a time to another (ms), both included; -1 if there is none."""
        return self._of_kind[kind].highest(since, until)


class _Offsets:
    """Times and source offsets of touches of one kind, in the order of times."""

    def __init__(self) -> None:
        self._times, self._offsets = array("q"), array("q")

    def add(self, touch: Touch) -> None:
        at = bisect_right(self._times, touch.occurred_at)
        self._times.insert(at, touch.occurred_at)
        self._offsets.insert(at, touch.offset)

    def remove(self, touch: Touch) -> None:
        at = self._offsets.index(touch.offset, bisect_left(self._times, touch.occurred_at))
        del self._times[at], self._offsets[at]

    def forget(self, before: int) -> None:
        at = bisect_left(self._times, before)
        del self._times[:at], self._offsets[:at]

    def highest(self, since: int, until: int) -> int:
        first, behind = bisect_left(self._times, since), bisect_right(self._times, until)
        if first == behind:
            return -1
        return int(np.frombuffer(self._offsets, np.int64)[first:behind].max())


class Jumping:
    """Windows over touches that are kept."""

    def __init__(self, kept: KeptTouches) -> None:
        self._kept = kept
        self._since = self._until = self._first = self._behind = 0

    def __len__(self) -> int:
        return self._behind - self._first

    def move(self, since: int, until: int) -> None:
        """To the touches from since to until (ms), both included."""
        self._since, self._until = since, until
        self._first = bisect_left(self._kept.touches, (since,))
        self._behind = bisect_left(self._kept.touches, (until + 1,))

    def offsets(self) -> int:
        """The sum over the topics of (1 + the highest source offset)."""
        return sum(1 + self._kept.highest(kind, self._since, self._until) for kind in TOUCHES)

    def path(self) -> Sequence[Touch]:
        """The newest touches."""
        return self._kept.touches[max(self._first, self._behind - MAX_PATH) : self._behind]

    def has_click(self, item_id: str) -> bool:
        """Is there a click on an item among them?"""
        return any(touch.kind is _CLICK and touch.item_id == item_id for touch in self.path())
