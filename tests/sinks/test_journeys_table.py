"""The table `journeys`: parts of rows merge to their minima, whatever came first.

Defined in docs/definitions.md §3.1.
"""

from itertools import permutations

import pytest
from sink_rows import T0, block

STEPS = ("saved_at", "clicked_at", "purchased_at", "chain_clicked_at", "chain_purchased_at")
HOUR = 3_600_000

TIMES = ", ".join(
    f"toUnixTimestamp64Milli({name})" for name in ("entered_at", "saved_at", "clicked_at")
)


def times(query):
    return query(f"SELECT {TIMES} FROM current_journeys")


@pytest.mark.parametrize("step", STEPS)
def test_a_null_never_beats_a_time(writer, query, step):
    for value in (None, T0 + 5, None, T0 + 3, T0 + 4, None):
        writer.insert(block("journeys", {step: value}))
    select = f"SELECT toUnixTimestamp64Milli({step})"
    assert query(f"{select} FROM current_journeys") == [(T0 + 3,)]
    query("OPTIMIZE TABLE journeys FINAL")
    assert query(f"{select} FROM journeys") == [(T0 + 3,)]


PARTS = (
    {"entered_at": T0 + 2},
    {"entered_at": T0 + 1, "saved_at": T0 + 9},
    {"entered_at": T0 + 3, "saved_at": T0 + 8, "clicked_at": T0 + 7},
)


@pytest.mark.parametrize("order", list(permutations(PARTS)))
def test_parts_merge_to_one_row_in_any_order_and_number(writer, query, order):
    for part in (*order, *order):
        writer.insert(block("journeys", part))
    assert times(query) == [(T0 + 1, T0 + 8, T0 + 7)]


def test_views_enter_journeys_by_themselves_once_per_day(writer, query):
    writer.insert(
        block(
            "touches",
            {"occurred_at": T0 + 5},
            {"occurred_at": T0 + 4},
            {"occurred_at": T0 + HOUR},  # past midnight in Asia/Shanghai
        )
    )
    writer.insert(block("touches", {"occurred_at": T0 + 6}, {"occurred_at": T0 + 4}))
    assert query(
        "SELECT toString(entry_date), toUnixTimestamp64Milli(entered_at), saved_at"
        " FROM current_journeys ORDER BY entry_date"
    ) == [("2025-06-15", T0 + 4, None), ("2025-06-16", T0 + HOUR, None)]


@pytest.mark.parametrize("kind", [2, 3, 4])
def test_other_kinds_enter_no_journey(writer, query, kind):
    writer.insert(block("touches", {"kind": kind}))
    assert times(query) == []


@pytest.mark.parametrize("order", [(True,), (False, True), (True, False)])
def test_a_view_enters_however_late_it_was(writer, query, order):
    for too_late in order:
        writer.insert(block("touches", {"too_late": too_late}))
    assert times(query) == [(T0, None, None)]


@pytest.mark.parametrize("view_first", [True, False])
def test_views_and_the_parts_of_the_worker_meet_in_one_row(writer, query, view_first):
    parts = [
        block("touches", {"occurred_at": T0}),
        block("journeys", {"entered_at": T0 + 1, "saved_at": T0 + 2}),
    ]
    for part in parts if view_first else reversed(parts):
        writer.insert(part)
    assert times(query) == [(T0, T0 + 2, None)]


def test_entry_dates_are_days_since_the_epoch(writer, query):
    writer.insert(block("journeys", {"entry_date": 0}, {"entry_date": 20_254}))
    assert query("SELECT toString(entry_date) FROM current_journeys ORDER BY entry_date") == [
        ("1970-01-01",),
        ("2025-06-15",),
    ]
