"""Journeys: from the first view of a note on a day to the purchase (docs/definitions.md §6).

Every time is a minimum over events that only grow in number, so a row computed from fewer events than there
are is never wrong, only later or emptier, and merging takes the minimum.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from streams.history import Trigger
from streams.join.steps import Steps
from streams.timeunits import day_start_ms


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
    user_id: str, brand_id: str, steps: Steps, triggers: Collection[Trigger], lookback_days: int
) -> Iterator[Journey]:
    """The journeys that the triggers change, each computed whole from the steps.

    A journey that has nothing but its views is left out: the views themselves tell of it. So is one in which no
    trigger's time stands: an event that changes a row is itself one of its times.
    """
    payments, changes = steps.payments, {trigger.occurred_at for trigger in triggers}
    for note_id, day in sorted(steps.changed_by(triggers, lookback_days)):
        saves, clicks = steps.saves.get(note_id, ()), steps.clicks.get(note_id, ())
        if not (saves or clicks or payments):
            continue
        entered_at = steps.entered[note_id][day]
        end = day_start_ms(day + 1 + lookback_days)
        saved_at = _first(saves, entered_at, end) if saves else None
        clicked_at = _first(clicks, entered_at, end) if clicks else None
        purchased_at = _first(payments, entered_at, end) if payments else None
        chain_clicked_at = _first(clicks, saved_at, end) if clicks else None
        chain_purchased_at = _first(payments, chain_clicked_at, end) if payments else None
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


def _first(times: Sequence[int], since: int | None, end: int) -> int | None:
    """The earliest time in [since, end); none where there is no since."""
    if since is None:
        return None
    at = bisect_left(times, since)
    return times[at] if at < len(times) and times[at] < end else None
