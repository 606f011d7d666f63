"""The join of the worker, over all that a user did."""

from collections.abc import Iterator, Sequence

from rebuild.facts import Known, Who
from rebuild.scope import Days
from streams.history import Trigger
from streams.join import Gap, Journey, Owner, Steps, Touches, conversions, journeys
from streams.joining import Rows
from streams.kinds import Kind


def rows_of(who: Who, known: Known, days: Days, gaps: Sequence[Gap]) -> Rows:
    """All rows of a user and brand that facts of the days can change. Those of crowded payments are made apart.

    gaps: times of which touches may be missing.
    """
    owner = Owner(*who, days.lookback_days, known.crowded)
    paid = [
        Trigger(one.occurred_at, Kind.PAY, sub_order=one.sub_order)
        for one in known.payments
        if one.occurred_at >= days.first_paid
    ]
    touches = Touches(known.touches) if paid else Touches()
    return Rows(
        _journeys(who, known, days), conversions(owner, touches, known.payments, paid, gaps)
    )


def _journeys(who: Who, known: Known, days: Days) -> Iterator[Journey]:
    steps = _steps(known)
    entered = [
        Trigger(at, Kind.VIEW, note)
        for note, of_note in steps.entered.items()
        for day, at in of_note.items()
        if days.first_entry <= day <= days.last_entry
    ]
    return journeys(*who, steps, entered, days.lookback_days)


def _steps(known: Known) -> Steps:
    if not known.steps:
        paid_at = [one.occurred_at for one in known.payments]
        return Steps.of((touch[:3] for touch in known.touches), paid_at)
    steps = Steps()
    for touch in known.touches:
        steps.add(*touch[:3])
    for paid in known.payments:
        steps.add(paid.occurred_at, Kind.PAY, "")
    for step in known.steps:
        steps.add(*step)
    return steps
