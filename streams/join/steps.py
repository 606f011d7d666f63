"""What one user and brand did, as journeys need it: the first view of each note and day, and the times of the rest."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from typing import TypeVar

from streams.history import Step, Trigger
from streams.kinds import Kind
from streams.timeunits import shanghai_day

#: An enum looks its members up by name, which takes longer than to compare them.
_VIEW, _SAVE, _CLICK, _PAY = Kind.VIEW, Kind.SAVE, Kind.CLICK, Kind.PAY

#: What a save or a payment, a click, and the first view of a note and day take, in bytes.
TIME_BYTES, CLICK_BYTES, ENTRY_BYTES = 40, 150, 230

#: Before all times, ms.
_NEVER = -1


#: The first view of a note on a day: in ms, the note, and the day in days since 1970-01-01 (Asia/Shanghai).
Entry = tuple[int, str, int]
T = TypeVar("T", int, tuple[int, str], Entry)


class Steps:
    """Times in ms, each once and ascending.

    entered: note → day → earliest view of that day.
    saves, clicks: by note.
    """

    __slots__ = ("_clicked", "_entries", "clicks", "entered", "payments", "saves")

    def __init__(self) -> None:
        self.entered: dict[str, dict[int, int]] = {}
        self.saves: dict[str, list[int]] = {}
        self.clicks: dict[str, list[int]] = {}
        self.payments: list[int] = []
        self._entries: list[Entry] = []
        self._clicked: list[tuple[int, str]] = []

    @classmethod
    def of(cls, touches: Iterable[Step], paid_at: Iterable[int] = ()) -> "Steps":
        """Those of touches, of which each note's are in their order, and of payments, in theirs."""
        steps = cls()
        entered, saves, clicks = steps.entered, steps.saves, steps.clicks
        for occurred_at, kind, note_id in touches:
            if kind is _VIEW:
                entered.setdefault(note_id, {}).setdefault(shanghai_day(occurred_at), occurred_at)
            elif kind is _SAVE:
                saves.setdefault(note_id, []).append(occurred_at)
            else:
                clicks.setdefault(note_id, []).append(occurred_at)
        steps.payments = list(paid_at)
        if steps.payments:
            # They are looked at for payments alone.
            steps._sort()
        return steps

    def _sort(self) -> None:
        """Have entries and clicks of all notes in the order of their times."""
        days = ((note, *one) for note, times in self.entered.items() for one in times.items())
        self._entries = sorted((at, note, day) for note, day, at in days)
        self._clicked = sorted((at, note) for note, times in self.clicks.items() for at in times)

    @property
    def memory_bytes(self) -> int:
        """How much memory they take, about."""
        times = sum(map(len, self.saves.values())) + len(self.payments)
        return (
            times * TIME_BYTES + len(self._clicked) * CLICK_BYTES + len(self._entries) * ENTRY_BYTES
        )

    def add(self, occurred_at: int, kind: Kind, note_id: str) -> None:
        """Take note of a view, a SAVE, a click or a PAY; the same again changes nothing."""
        if kind is _VIEW:
            self._enter(occurred_at, note_id)
        elif kind is _SAVE:
            _put(self.saves.setdefault(note_id, []), occurred_at)
        elif kind is _CLICK:
            _put(self.clicks.setdefault(note_id, []), occurred_at)
            _put(self._clicked, (occurred_at, note_id))
        elif kind is _PAY:
            _put(self.payments, occurred_at)

    def _enter(self, occurred_at: int, note_id: str) -> None:
        day, days = shanghai_day(occurred_at), self.entered.setdefault(note_id, {})
        before = days.get(day)
        if before is not None:
            if before <= occurred_at:
                return
            del self._entries[bisect_left(self._entries, (before, note_id, day))]
        days[day] = occurred_at
        _put(self._entries, (occurred_at, note_id, day))

    def forget(self, before: int) -> None:
        """Forget what lies before a time (ms)."""
        del self._entries[: bisect_left(self._entries, before, key=_time)]
        del self._clicked[: bisect_left(self._clicked, before, key=_time)]
        self.entered.clear()
        for entered_at, note_id, day in self._entries:
            self.entered.setdefault(note_id, {})[day] = entered_at
        for times in (self.payments, *self.saves.values(), *self.clicks.values()):
            del times[: bisect_left(times, before)]

    def settle(self, before: int) -> None:
        """Forget times before a moment (ms) that no journey has, unless a view from before it should come.

        A journey has the first save, click and payment from its entry on, the first click from that save on, and the
        first payment from that click on. Whatever comes, lies behind the last time of its kind before the moment.
        """
        for note_id, saves in self.saves.items():
            self.saves[note_id] = _needed(saves, self._times_of(note_id), before)
        for note_id, clicks in self.clicks.items():
            origins = [*self._times_of(note_id), *self.saves.get(note_id, ())]
            self.clicks[note_id] = _needed(clicks, origins, before)
        self._clicked = sorted((time, note) for note in self.clicks for time in self.clicks[note])
        origins = [time for times in (self._entries, self._clicked) for time, *_ in times]
        self.payments = _needed(self.payments, origins, before)

    def _times_of(self, note_id: str) -> Iterable[int]:
        return self.entered.get(note_id, {}).values()

    def changed_by(self, triggers: Iterable[Trigger], lookback_days: int) -> set[tuple[str, int]]:
        """(note, entry date) of each journey in which the time of a trigger may stand.

        That is where nothing of its kind lies between the journey's own time before it and the trigger.
        """
        found: set[tuple[str, int]] = set()
        for occurred_at, kind, note_id, _ in triggers:
            day = shanghai_day(occurred_at)
            if kind is _PAY:
                found.update(self._paid(occurred_at, day - lookback_days))
            elif note_id not in self.entered:
                continue
            elif kind is _VIEW:
                if self.entered[note_id].get(day) == occurred_at:
                    found.add((note_id, day))
            else:
                since = self._since(kind, note_id, occurred_at)
                found.update(self._entered(note_id, since, occurred_at, day - lookback_days))
        return found

    def _since(self, kind: Kind, note_id: str, occurred_at: int) -> int:
        """Entries before it have an earlier action of the kind, and no other follows from this one."""
        if kind is _SAVE:
            return _before(self.saves.get(note_id, []), occurred_at)
        since = _before(self.clicks.get(note_id, []), occurred_at)
        saved_since = _before(self.saves.get(note_id, []), occurred_at + 1) > since
        return _NEVER if saved_since else since

    def _entered(self, note_id: str, since: int, until: int, first: int) -> list[tuple[str, int]]:
        """Days from one on on which a note was entered after a time, and not after another."""
        return [
            (note_id, day)
            for day, entered_at in self.entered.get(note_id, {}).items()
            if day >= first and since < entered_at <= until
        ]

    def _paid(self, paid_at: int, first: int) -> Iterator[tuple[str, int]]:
        since = _before(self.payments, paid_at)
        behind = bisect_right(self._entries, paid_at, key=_time)
        for _, note_id, day in self._entries[
            bisect_right(self._entries, since, key=_time) : behind
        ]:
            if day >= first:
                yield note_id, day
        behind = bisect_right(self._clicked, paid_at, key=_time)
        clicked = self._clicked[bisect_right(self._clicked, since, key=_time) : behind]
        for note_id in {note_id for _, note_id in clicked}:
            yield from self._entered(note_id, _NEVER, paid_at, first)


def _time(one: tuple[int, *tuple[object, ...]]) -> int:
    return one[0]


def _needed(times: list[int], origins: Iterable[int], before: int) -> list[int]:
    """Without those before a time that are neither the first from an origin on nor the last."""
    behind = bisect_left(times, before)
    if not behind:
        return times
    firsts = {bisect_left(times, origin) for origin in origins}
    needed = sorted(at for at in {*firsts, behind - 1} if at < behind)
    return [times[at] for at in needed] + times[behind:]


def _put(times: list[T], new: T) -> None:
    """Mostly it is the newest."""
    if not times or times[-1] < new:
        times.append(new)
    elif times[bisect_left(times, new)] != new:
        insort(times, new)


def _before(times: list[int], time: int) -> int:
    """The last one before a time."""
    at = bisect_left(times, time)
    return times[at - 1] if at else _NEVER
