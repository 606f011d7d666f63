"""Figures made by hand, for what is drawn from them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from report.figures import (
    Difference,
    EntryDay,
    Figures,
    Late,
    NoteCredit,
    Opened,
    People,
    Sales,
    Sold,
    Span,
    Topic,
)
from sinks.tables import FULL, MODELS

SHANGHAI = ZoneInfo("Asia/Shanghai")
SINCE, UNTIL = date(2025, 6, 1), date(2025, 6, 10)
#: The day that was passed, and the last whose window is over, in a window of 3 days.
NEWEST, CLOSED = date(2025, 6, 9), date(2025, 6, 6)


def credit(what: str, note_id: str, fen: int, full: int | None = None) -> NoteCredit:
    """The same under every model but full."""
    whole = dict.fromkeys(MODELS, fen) | {FULL: fen if full is None else full}
    return NoteCredit(what, note_id, 1, whole)


def entry_day(day: date) -> EntryDay:
    return EntryDay(day, 20 + day.day, day.day % 3, day > CLOSED)


FIGURES = Figures(
    span=Span("brand-001", SINCE, UNTIL, 3, 3),
    made_at=datetime(2025, 6, 11, 9, 30, tzinfo=SHANGHAI),
    newest_day=NEWEST,
    oldest_day=SINCE,
    begun_day=SINCE,
    people=People(1234, 200, 80, 40, 20, 5),
    window_over=People(700, 120, 50, 30, 15, 4),
    opened=Opened(534, 300, 400, 534),
    entry_days=[entry_day(SINCE + timedelta(n)) for n in range(10)],
    sold={
        "direct": Sold(20, 1_000_000, 100_050),
        "click_halo": Sold(8, 300_000, 0),
        "view_through": Sold(4, 200_000, 0),
        "organic": Sold(8, 200_001, 0),
    },
    sales=Sales(31, 35, 1_399_950, 0.25, 0.05),
    within=[0, 16, 24, 32],
    credits=[
        credit("note", "6851614700000000a4284045", 900_000, 1_400_000),
        credit("note", "684765ec000000007b7083d6", 400_000, 900_000),
        credit("others", "", 99_950, 99_950),
        credit("organic", "", 200_001),
    ],
    topics=[
        Topic(
            "note-views",
            datetime(2025, 6, 10, 23, 59, tzinfo=SHANGHAI),
            datetime(2025, 6, 7, 23, 59, tzinfo=SHANGHAI),
            0.0012,
            3,
        )
    ],
    late=[Late("note-views", 5000, 7)],
    equal=619,
    differences=[
        Difference("touches that were too late", "touches", 0, 7, "They arrived late, so."),
    ],
)

#: Nothing happened on the days.
NOTHING = replace(
    FIGURES,
    people=People(),
    window_over=People(),
    opened=Opened(),
    entry_days=[EntryDay(SINCE, 0, 0, False)],
    sold=dict.fromkeys(FIGURES.sold, Sold()),
    within=[0, 0, 0, 0],
    credits=[],
    sales=Sales(),
    topics=[],
    late=[],
    differences=[],
)


def figures(**changes: Any) -> Figures:
    return replace(FIGURES, **changes)
