"""reconciliation compares savers, clickers and buyers, and names the causes of what differs.

Defined in docs/definitions.md §1.5.
"""

import pytest
from sink_rows import T0, block

DAY_MS = 86_400_000
#: The end of the day of T0 in Shanghai.
MIDNIGHT = 20_255 * DAY_MS - 8 * 3_600_000
VIEW, SAVE, CLICK = 1, 2, 4
LATE = "came too late"
IDS = "conflicting_ids"
LOST = "rows were lost"


@pytest.fixture
def facts(writer):
    """Puts touches and payments into the tables, as rows that name what matters; paths were stored with 30 days."""
    writer.insert(block("conversions", {"brand_id": "other"}))
    writer.insert(block("order_events", {"brand_id": "other"}))

    def put(*touches, paid=()):
        if touches:
            writer.insert(block("touches", *touches))
        if paid:
            writer.insert(block("order_events", *paid))

    return put


@pytest.fixture
def people(query):
    """measure → expected, found, reason, of one brand and a window."""

    def ask(days=7):
        rows = query(
            "SELECT measure, sum(r.expected), sum(r.found), max(reason)"
            " FROM reconciliation(lookback_days = %(days)s) AS r"
            " WHERE brand_id = 'b' AND found_in = 'journeys' GROUP BY measure",
            {"days": days},
        )
        return {measure: tuple(found) for measure, *found in rows}

    return ask


def counts(told):
    return {measure: found[:2] for measure, found in told.items()}


def test_each_step_is_counted_as_the_journeys_have_it(facts, writer, people):
    facts(
        {"user_id": "u"},
        {"user_id": "u", "occurred_at": T0 + 5},
        {"user_id": "u", "occurred_at": T0 + DAY_MS},
        {"user_id": "v"},
        {"user_id": "u", "kind": SAVE, "occurred_at": T0},
        {"user_id": "v", "kind": SAVE, "note_id": "m"},
        {"user_id": "u", "kind": CLICK, "occurred_at": MIDNIGHT + 7 * DAY_MS, "click_id": "c"},
        paid=[{"user_id": "v", "occurred_at": MIDNIGHT + 7 * DAY_MS - 1}],
    )
    writer.insert(
        block(
            "journeys",
            {"user_id": "u", "saved_at": T0, "clicked_at": MIDNIGHT + 7 * DAY_MS},
            {
                "user_id": "u",
                "entry_date": 20_255,
                "entered_at": T0 + DAY_MS,
                "clicked_at": MIDNIGHT + 7 * DAY_MS,
            },
            {"user_id": "v", "purchased_at": MIDNIGHT + 7 * DAY_MS - 1},
        )
    )
    found = people()
    assert counts(found) == {
        "journeys": (3, 3),
        "savers": (1, 1),
        # Of the first day's window the click is not, of the second day's it is.
        "clickers": (1, 1),
        "buyers": (1, 1),
    }
    assert counts(people(8))["clickers"] == (2, 2)
    assert {reason for *_, reason in found.values()} == {""}


def test_a_step_that_is_missing_was_lost(facts, people):
    facts({}, {"kind": SAVE, "occurred_at": T0 + 1}, paid=[{"occurred_at": T0 + 1}])
    found = people()
    assert counts(found) == {
        "journeys": (1, 1),
        "savers": (1, 0),
        "clickers": (0, 0),
        "buyers": (1, 0),
    }
    assert LOST in found["savers"][2]
    assert LOST in found["buyers"][2]


@pytest.mark.parametrize("late", ["view", "save"])
def test_what_came_too_late_and_was_not_joined_is_a_cause(facts, people, late):
    rows = {"view": {}, "save": {"kind": SAVE, "occurred_at": T0 + 1}}
    facts(*({**row, "too_late": name == late} for name, row in rows.items()))
    told = people()["savers"]
    assert told[:2] == (1, 0)
    assert LATE in told[2]


def test_what_came_in_time_as_well_is_no_excuse(facts, people):
    facts(
        {},
        {"kind": SAVE, "occurred_at": T0 + 1, "too_late": True},
        {"kind": SAVE, "occurred_at": T0 + 2},
    )
    assert LOST in people()["savers"][2]


def test_an_id_under_two_users_is_a_cause_and_a_row(facts, writer, people, query):
    click = {"kind": CLICK, "click_id": "c"}
    facts({}, {**click, "occurred_at": T0 + 1}, {**click, "user_id": "w", "occurred_at": T0 + 2})
    row = {"clicked_at": T0 + 1}
    writer.insert(block("journeys", row, {**row, "user_id": "w"}))
    assert people()["clickers"][:2] == (1, 2)
    assert IDS in people()["clickers"][2]
    asked = (
        "SELECT measure, found_in, found FROM reconciliation(lookback_days = 7)"
        " WHERE brand_id = 'b' AND found_in = 'touches' ORDER BY measure"
    )
    assert query(asked) == [
        ("click ids stamped again", "touches", 1),
        ("click ids under several users", "touches", 1),
    ]
    assert query("SELECT brand_id, what, id, users, contents, times FROM conflicting_ids") == [
        ("b", "click", "c", 2, 1, 2)
    ]


def test_contents_of_an_order_line_that_differ_are_told(facts, query):
    pay = {"sub_order_id": "s"}
    facts(paid=[{**pay, "txn_id": "1"}, {**pay, "txn_id": "2", "item_id": "another"}])
    facts(paid=[{"sub_order_id": "sound", "txn_id": "3"}])
    assert query("SELECT what, id, users, contents, times FROM conflicting_ids") == [
        ("sub-order", "s", 1, 2, 1)
    ]
