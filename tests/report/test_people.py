"""Who viewed and how far they went: distinct people of the days, and what of it is still open."""

from datetime import date

import pytest
from sink_rows import T0, block

from report.figures import EntryDay, Opened, People

DAY_MS = 86_400_000
#: 2025-06-15, the day of T0 in Shanghai, and its number.
JUNE_15, DAY = date(2025, 6, 15), 20_254


@pytest.fixture
def journeys(writer):
    """Puts journeys into the table, and what tells their lookback.

    They are: user, note, brand, days after T0, and the steps that followed, ms after the view.
    """

    def put(*rows):
        writer.insert(block("conversions", {"brand_id": "other"}))
        writer.insert(
            block(
                "journeys",
                *(
                    {
                        "user_id": user,
                        "note_id": note,
                        "brand_id": brand,
                        "entry_date": DAY + days,
                        "entered_at": T0 + days * DAY_MS,
                        **{step: T0 + days * DAY_MS + ms for step, ms in steps.items()},
                    }
                    for user, note, brand, days, steps in rows
                ),
            )
        )

    return put


@pytest.fixture
def newest(writer):
    """The newest event of two users is so many days after T0; it is of another brand."""

    def put(days):
        row = {"brand_id": "other", "occurred_at": T0 + days * DAY_MS}
        writer.insert(block("touches", *({**row, "user_id": user} for user in "vw")))

    return put


def test_people_are_counted_once_over_notes_and_days(journeys, reported):
    journeys(
        ("u", "n", "b", 0, {"saved_at": 1}),
        ("u", "m", "b", 0, {"saved_at": 1, "clicked_at": 2}),
        ("u", "n", "b", 1, {"purchased_at": 3}),
        ("v", "n", "b", 1, {}),
        ("w", "n", "c", 1, {"purchased_at": 3}),
    )
    assert reported().people == People(2, 1, 1, 1, 0, 0)


def test_the_chain_is_in_order(journeys, reported):
    chain = {"saved_at": 1, "clicked_at": 2, "chain_clicked_at": 2}
    journeys(
        ("u", "n", "b", 0, {**chain, "purchased_at": 3, "chain_purchased_at": 3}),
        ("v", "n", "b", 0, chain),
        ("w", "n", "b", 0, {"clicked_at": 1, "purchased_at": 2}),
    )
    assert reported().people == People(3, 2, 3, 2, 2, 1)


def test_only_the_days_and_the_window(journeys, reported):
    journeys(
        ("before", "n", "b", -1, {}),
        ("first", "n", "b", 0, {}),
        ("last", "n", "b", 1, {"purchased_at": 5 * DAY_MS}),
        ("after", "n", "b", 2, {}),
    )
    within = reported(JUNE_15, date(2025, 6, 16))
    assert (within.people.viewers, within.people.buyers) == (2, 1)
    assert reported(JUNE_15, date(2025, 6, 16), 4).people.buyers == 0


def test_what_is_open_is_told_apart(journeys, newest, reported):
    journeys(
        ("u", "n", "b", 0, {"saved_at": 1}),
        ("v", "n", "b", 0, {}),
        ("u", "n", "b", 2, {"purchased_at": 1}),
    )
    newest(8)
    found = reported(JUNE_15, date(2025, 6, 18))
    assert found.people == People(2, 1, 0, 1, 0, 0)
    # Who is open on one day is open, and counts there alone.
    assert found.window_over == People(1, 0, 0, 0, 0, 0)
    assert found.opened == Opened(1, 1, 1, 1)
    assert found.entry_days == [
        EntryDay(JUNE_15, 2, 0, False),
        EntryDay(date(2025, 6, 16), 0, 0, False),
        EntryDay(date(2025, 6, 17), 1, 1, True),
        EntryDay(date(2025, 6, 18), 0, 0, False),
    ]
