"""Journeys: from the first view of a note on a day to the purchase.

Every time is a minimum over events that only grow in number, so a row computed from fewer events than there
are is never wrong, only later or emptier, and merging takes the minimum.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from streams.history import History, Trigger
from streams.kinds import Kind
from streams.timeunits import day_start_ms, shanghai_day

#: An enum looks its members up by name, which takes longer than to compare them.
_VIEW, _SAVE, _PAY = Kind.VIEW, Kind.SAVE, Kind.PAY


@dataclass(frozen=True, slots=True)
class Journey:
    """One row of `journeys`. entry_date in days since 1970-01-01 (Asia/Shanghai); times in ms, None if not (yet)."""

    brand_id: str
    note_id: str
    user_id: str
    entry_date: int
    entered_at: int
    saved_at: int | None
    clicked_at: int | None
    purchased_at: int | None
    chain_clicked_at: int | None
    chain_purchased_at: int | None


def journeys(
    user_id: str,
    brand_id: str,
    history: History,
    triggers: Iterable[Trigger],
    lookback_days: int,
) -> Iterator[Journey]:
    """The journeys that the triggers change, each computed whole from the history.

    A journey that has nothing but its views is left out: the views themselves tell of it. So is one in which no
    trigger's time stands: an event that changes a row is itself one of its times.
    """
    times = _Times.of(history)
    triggers = tuple(triggers)
    changes = {trigger.occurred_at for trigger in triggers}
    for note_id, day in sorted(_affected(times, triggers, lookback_days)):
        entered_at = times.entered[note_id][day]
        end = day_start_ms(day + 1 + lookback_days)
        saved_at = _first(times.saves[note_id], entered_at, end)
        clicked_at = _first(times.clicks[note_id], entered_at, end)
        purchased_at = _first(times.payments, entered_at, end)
        if saved_at is clicked_at is purchased_at is None:
            continue
        chain_clicked_at = _first(times.clicks[note_id], saved_at, end)
        chain_purchased_at = _first(times.payments, chain_clicked_at, end)
        found = (
            entered_at,
            saved_at,
            clicked_at,
            purchased_at,
            chain_clicked_at,
            chain_purchased_at,
        )
        if changes.isdisjoint(found):
            continue
        yield Journey(
            brand_id=brand_id,
            note_id=note_id,
            user_id=user_id,
            entry_date=day,
            entered_at=entered_at,
            saved_at=saved_at,
            clicked_at=clicked_at,
            purchased_at=purchased_at,
            chain_clicked_at=chain_clicked_at,
            chain_purchased_at=chain_purchased_at,
        )


@dataclass(frozen=True, slots=True)
class _Times:
    """Ascending times, by note. entered: note → day → earliest view of that day."""

    entered: dict[str, dict[int, int]]
    saves: dict[str, list[int]]
    clicks: dict[str, list[int]]
    payments: list[int]

    @classmethod
    def of(cls, history: History) -> "_Times":
        entered: dict[str, dict[int, int]] = defaultdict(dict)
        saves: dict[str, list[int]] = defaultdict(list)
        clicks: dict[str, list[int]] = defaultdict(list)
        for touch in history.touches:
            if touch.kind is _VIEW:
                entered[touch.note_id].setdefault(
                    shanghai_day(touch.occurred_at), touch.occurred_at
                )
            elif touch.kind is _SAVE:
                saves[touch.note_id].append(touch.occurred_at)
            else:
                clicks[touch.note_id].append(touch.occurred_at)
        payments = [payment.occurred_at for payment in history.payments if not payment.too_late]
        return cls(entered, saves, clicks, payments)


def _affected(
    times: _Times, triggers: Iterable[Trigger], lookback_days: int
) -> set[tuple[str, int]]:
    """(note, entry date) whose row may change: a view opens its own day, the rest reach back over the lookback."""
    found: set[tuple[str, int]] = set()
    for trigger in triggers:
        day = shanghai_day(trigger.occurred_at)
        first = day if trigger.kind is _VIEW else day - lookback_days
        notes = times.entered if trigger.kind is _PAY else (trigger.note_id,)
        for note_id in notes:
            days = times.entered.get(note_id, {})
            found.update((note_id, entry) for entry in days if first <= entry <= day)
    return found


def _first(times: Sequence[int], since: int | None, end: int) -> int | None:
    """The earliest time in [since, end); none where there is no since."""
    if since is None:
        return None
    at = bisect_left(times, since)
    return times[at] if at < len(times) and times[at] < end else None
