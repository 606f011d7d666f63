"""What a check comes to: nothing is called equal of which nothing was compared.

Defined in docs/definitions.md §13.1.
"""

from datetime import date

import pytest

from verify.compare import Comparison, Kind, Verdict
from verify.report import Report

TODAY = date(2026, 3, 1)


def report(*tables: Comparison, since: date | None = None, until: date | None = None) -> Report:
    return Report(TODAY, since, until, 1, tables={table.table: table for table in tables})


def table(
    name: str = "journeys", compared: int = 0, missing: int = 0, expired: int = 0
) -> Comparison:
    found = Comparison(name, compared=compared, expected=compared)
    found.wrong[Kind.MISSING] = missing
    found.leave_out("expired", expired)
    return found


@pytest.mark.parametrize(
    ("tables", "verdict"),
    [
        ([], Verdict.NOTHING),
        ([table()], Verdict.NOTHING),
        ([table(expired=1)], Verdict.NOTHING),
        ([table(compared=1)], Verdict.EQUAL),
        ([table(compared=1, expired=1)], Verdict.EQUAL),
        ([table(compared=1, missing=1)], Verdict.NOT_EQUAL),
        ([table("touches", compared=1), table()], Verdict.EQUAL),
        ([table("touches", compared=1), table(expired=1)], Verdict.NOTHING),
        ([table("touches", compared=1), table("dead_letters", expired=1)], Verdict.EQUAL),
        ([table("touches", compared=1, missing=1), table(expired=1)], Verdict.NOT_EQUAL),
        ([table("touches"), table("dead_letters", compared=1)], Verdict.NOTHING),
        ([table("dead_letters", compared=1)], Verdict.EQUAL),
    ],
)
def test_verdicts(tables: list[Comparison], verdict: Verdict) -> None:
    found = report(*tables)
    assert found.verdict is verdict
    assert found.equal == (verdict is Verdict.EQUAL)
    for one in tables:
        assert one.compared or one.verdict is not Verdict.EQUAL


@pytest.mark.parametrize(
    ("since", "until", "told"),
    [
        (None, None, []),
        (None, TODAY, []),
        (TODAY, None, []),
        (date(2026, 3, 2), None, ["2026-03-02 lies in the future: today is 2026-03-01."]),
        (
            date(2026, 2, 1),
            date(2026, 3, 2),
            ["The days after 2026-03-01, which is today, have not come yet."],
        ),
    ],
)
def test_the_future(since: date | None, until: date | None, told: list[str]) -> None:
    assert list(report(table(compared=1), since=since, until=until).sentences()) == told


def test_what_is_left_out_is_told() -> None:
    letters = table("dead_letters", expired=2)
    letters.leave_out("unread", 3)
    found = report(table("touches", compared=1), table(expired=1), letters)
    found.unread = {"note-views": 1200}
    found.skipped = {"unsettled": 4}
    assert list(found.sentences()) == [
        "The group has not come to the end: 1,200 of note-views were not committed when the check began.",
        "4 users are left out: they sent events that the group had not committed yet, or share an event or a sub-order "
        "with who did.",
        "dead_letters: 2 rows are left out: their messages have expired.",
        "dead_letters: 3 rows are left out: the group had not committed their messages yet.",
        "Nothing was compared of journeys: give --table for each of the tables that can be, to check only these.",
    ]


def test_rows_that_lack_late_events_are_told_with_what_mends_them() -> None:
    late = table(compared=1)
    late.leave_out("late", 1200)
    found = report(late)
    found.published_unknown = {"note-views": 3, "note-saves": 0}
    assert found.verdict is Verdict.EQUAL
    assert list(found.sentences()) == [
        "journeys: 1,200 rows are left out: they lack events that were too late, or say that they may; run "
        "`zhongcao rebuild --late`.",
        "When they were published first is not known, and not compared, of these events: 3 of note-views.",
    ]
