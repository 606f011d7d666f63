"""Journeys: from the first view of a note on a day to the purchase.

Every time is a minimum over events that only grow in number, so a row computed from fewer events than there
are is never wrong, only later or emptier, and merging takes the minimum.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from streams.history import History, Touch, Trigger
from streams.kinds import Kind
from streams.timeunits import day_start_ms, shanghai_day

#: An enum looks its members up by name, which takes longer than to compare them.
_VIEW, _SAVE, _PAY = Kind.VIEW, Kind.SAVE, Kind.PAY


class Journey(NamedTuple):
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
    triggers: Collection[Trigger],
    lookback_days: int,
) -> Iterator[Journey]:
    """The journeys that the triggers change, each computed whole from the history.

    A journey that has nothing but its views is left out: the views themselves tell of it. So is one in which no
    trigger's time stands: an event that changes a row is itself one of its times.
    """
    entered, saves, clicks = _by_note(history.touches)
    payments = [payment.occurred_at for payment in history.payments if not payment.too_late]
    changes = {trigger.occurred_at for trigger in triggers}
    for note_id, day in sorted(_affected(entered, triggers, lookback_days)):
        saves_of, clicks_of = saves.get(note_id, ()), clicks.get(note_id, ())
        if not (saves_of or clicks_of or payments):
            continue
        entered_at = entered[note_id][day]
        end = day_start_ms(day + 1 + lookback_days)
        saved_at = _first(saves_of, entered_at, end)
        clicked_at = _first(clicks_of, entered_at, end)
        purchased_at = _first(payments, entered_at, end)
        chain_clicked_at = _first(clicks_of, saved_at, end)
        chain_purchased_at = _first(payments, chain_clicked_at, end)
        found = (
            entered_at,
            saved_at,
            clicked_at,
            purchased_at,
            chain_clicked_at,
            chain_purchased_at,
        )
        if changes.isdisjoint(found) or saved_at is clicked_at is purchased_at is None:
            continue
        yield Journey(brand_id, note_id, user_id, day, *found)


#: Ascending times of one kind, by note.
Times = dict[str, list[int]]
#: Note → day → earliest view of that day.
Entered = dict[str, dict[int, int]]


def _by_note(touches: Iterable[Touch]) -> tuple[Entered, Times, Times]:
    """What the notes were entered by, their saves and their clicks."""
    entered: Entered = {}
    saves: Times = {}
    clicks: Times = {}
    for occurred_at, kind, note_id, _, _, _ in touches:
        if kind is _VIEW:
            days = entered.setdefault(note_id, {})
            days.setdefault(shanghai_day(occurred_at), occurred_at)
        else:
            times = saves if kind is _SAVE else clicks
            times.setdefault(note_id, []).append(occurred_at)
    return entered, saves, clicks


def _affected(
    entered: Entered, triggers: Iterable[Trigger], lookback_days: int
) -> set[tuple[str, int]]:
    """(note, entry date) whose row may change: a view opens its own day, the rest reach back over the lookback."""
    found: set[tuple[str, int]] = set()
    for trigger in triggers:
        day = shanghai_day(trigger.occurred_at)
        first = day if trigger.kind is _VIEW else day - lookback_days
        notes = entered if trigger.kind is _PAY else (trigger.note_id,)
        for note_id in notes:
            days = entered.get(note_id, ())
            found.update([(note_id, entry) for entry in days if first <= entry <= day])
    return found


def _first(times: Sequence[int], since: int | None, end: int) -> int | None:
    """The earliest time in [since, end); none where there is no since."""
    if since is None or not times:
        return None
    at = bisect_left(times, since)
    return times[at] if at < len(times) and times[at] < end else None
