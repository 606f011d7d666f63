"""The touches of one user and brand, and the windows over them (docs/definitions.md §4.2)."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from streams.history import Touch
from streams.kinds import Kind

#: A path keeps its newest touches up to this many.
MAX_PATH = 500

_CLICK = Kind.CLICK


class Window(NamedTuple):
    """What lies in the window of a sub-order.

    events: how many touches, each time of a click that was stamped again.
    path: the newest touches, a click once. cut: there are more.
    newest_click_at, newest_item_click_at: of all touches, a click once, on any item and on one, ms; None if none is.
    """

    events: int
    path: Sequence[Touch]
    cut: bool
    newest_click_at: int | None
    newest_item_click_at: int | None


class Touches:
    """Touches in their order, into which others are put.

    What windows over many touches need is found without looking at each of them. A click that was stamped again has
    several times: in a window it counts once, at the least of them that lies there.
    """

    def __init__(self, touches: Iterable[Touch] = ()) -> None:
        """touches: in their order."""
        self._hold(list(touches))

    def _hold(self, touches: list[Touch]) -> None:
        self.all = touches
        self.clicks = [touch for touch in self.all if touch.kind is _CLICK]
        self._of_item: dict[str, list[Touch]] = defaultdict(list)
        self._of_id: dict[str, list[Touch]] = defaultdict(list)
        for click in self.clicks:
            self._of_item[click.item_id].append(click)
            self._of_id[click.click_id].append(click)
        self._stamped_again = len(self._of_id) < len(self.clicks)

    def __len__(self) -> int:
        return len(self.all)

    def put(self, touch: Touch) -> None:
        """Put a touch where it belongs. What identifies it stands before all else that it has."""
        touches, identity = self.all, touch[:4]
        # Mostly it is the newest, or near.
        at = (
            len(touches)
            if not touches or touches[-1] < identity
            else bisect_left(touches, identity)
        )
        if at < len(touches) and touches[at][:4] == identity:
            for among in self._clicks_with(touches[at]):
                among.remove(touches[at])
            touches[at] = touch
        else:
            touches.insert(at, touch)
        for among in self._clicks_with(touch):
            insort(among, touch)
        self._stamped_again |= len(self._of_id.get(touch.click_id, ())) > 1

    def _clicks_with(self, touch: Touch) -> Iterator[list[Touch]]:
        """The lists of clicks that a click stands in."""
        if touch.kind is _CLICK:
            yield self.clicks
            yield self._of_item[touch.item_id]
            yield self._of_id[touch.click_id]

    def forget(self, before: int) -> None:
        """Forget what lies before a time (ms)."""
        self._hold(self.all[bisect_left(self.all, (before,)) :])

    def window(self, since: int, until: int, item_id: str) -> Window:
        """What lies from a time to another (ms), both included. item_id: of the clicks that are looked for."""
        first, behind = bisect_left(self.all, (since,)), bisect_left(self.all, (until + 1,))
        start = max(first, behind - MAX_PATH)
        path, cut = self.all[start:behind], start > first
        if self._stamped_again:
            newest = list(islice(self._backwards(self.all, since, until), MAX_PATH + 1))
            path, cut = newest[:MAX_PATH][::-1], len(newest) > MAX_PATH
        clicks = self.clicks, self._of_item.get(item_id, ())
        newest_clicks = (next(self._backwards(some, since, until), None) for some in clicks)
        at, item_at = (None if click is None else click.occurred_at for click in newest_clicks)
        return Window(behind - first, path, cut, at, item_at)

    def _backwards(self, touches: Sequence[Touch], since: int, until: int) -> Iterator[Touch]:
        """Those in a window, the newest first, a click once."""
        for at in reversed(range(bisect_left(touches, (until + 1,)))):
            touch = touches[at]
            if touch.occurred_at < since:
                return
            if touch.kind is not _CLICK or self._is_first(touch, since):
                yield touch

    def _is_first(self, click: Touch, since: int) -> bool:
        """Has a click no earlier time from a moment on?"""
        stamped = self._of_id[click.click_id]
        return len(stamped) == 1 or stamped[bisect_left(stamped, (since,))] == click
