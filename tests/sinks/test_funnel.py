"""journey_steps and funnel: who went how far, within a window that is chosen when asking.

Defined in docs/definitions.md §6.4.
"""

import pytest
from clickhouse_driver.errors import ServerException
from sink_rows import T0, block

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
#: The day of T0 in Shanghai, and the ms at which it begins.
DAY = 20_254
MORNING = DAY * DAY_MS - 8 * HOUR_MS


def days_later(days):
    """The ms at which the window of so many days after the day of viewing ends."""
    return MORNING + (1 + days) * DAY_MS


@pytest.fixture
def journeys(writer):
    """Puts journeys into the table, which were all entered at T0 unless they say otherwise.

    An order of another brand tells with what lookback they were joined.
    """
    writer.insert(block("conversions", {"brand_id": "other", "lookback_days": 30}))

    def put(*rows):
        writer.insert(
            block("journeys", *({"user_id": f"u{n}", **row} for n, row in enumerate(rows)))
        )

    return put


STEPS = "saved, clicked, bought, chain_clicked, chain_bought"
PEOPLE = "viewers, savers, clickers, buyers, chain_clickers, chain_buyers"


def test_the_window_ends_with_the_last_of_its_days(journeys, query):
    end = days_later(7)
    journeys(
        {"saved_at": end - 1, "clicked_at": end - 1, "purchased_at": end - 1},
        {"saved_at": end, "clicked_at": end, "purchased_at": end},
    )
    asked = f"SELECT {STEPS} FROM journey_steps(window_days = 7) ORDER BY user_id"
    assert query(asked) == [(True, True, True, False, False), (False,) * 5]
    asked = f"SELECT {STEPS} FROM journey_steps(window_days = 8) ORDER BY user_id"
    assert query(asked) == [(True, True, True, False, False)] * 2


def test_zero_days_are_the_day_itself(journeys, query):
    journeys({"saved_at": days_later(0) - 1}, {"saved_at": days_later(0)})
    asked = "SELECT saved FROM journey_steps(window_days = 0) ORDER BY user_id"
    assert query(asked) == [(True,), (False,)]


def test_independent_steps_and_the_chain(journeys, query):
    journeys(
        {},
        {"saved_at": T0 + 1},
        {"clicked_at": T0 + 1, "purchased_at": T0 + 2},
        {"saved_at": T0 + 2, "clicked_at": T0 + 1, "chain_clicked_at": T0 + 3},
        {
            "saved_at": T0 + 1,
            "clicked_at": T0 + 2,
            "purchased_at": T0 + 1,
            "chain_clicked_at": T0 + 2,
            "chain_purchased_at": T0 + 3,
        },
    )
    assert query(f"SELECT {PEOPLE} FROM funnel(window_days = 30)") == [(5, 3, 3, 2, 2, 1)]
    rates = "save_rate, click_rate, buy_rate, chain_click_rate, chain_buy_rate"
    found = query(f"SELECT {rates} FROM funnel(window_days = 30)")
    assert found == [(3 / 5, 3 / 5, 2 / 5, 2 / 3, 1 / 2)]


def test_a_chain_that_ends_behind_the_window_counts_as_far_as_it_went(journeys, query):
    journeys(
        {
            "saved_at": T0 + 1,
            "clicked_at": T0 + 2,
            "purchased_at": days_later(3),
            "chain_clicked_at": T0 + 2,
            "chain_purchased_at": days_later(3),
        }
    )
    assert query(f"SELECT {PEOPLE} FROM funnel(window_days = 3)") == [(1, 1, 1, 0, 1, 0)]
    assert query(f"SELECT {PEOPLE} FROM funnel(window_days = 4)") == [(1, 1, 1, 1, 1, 1)]


def test_rates_of_nobody_are_null(journeys, query):
    journeys({})
    asked = "SELECT chain_click_rate, chain_buy_rate FROM funnel(window_days = 30)"
    assert query(asked) == [(None, None)]


def test_people_over_several_days_and_notes_are_counted_once(journeys, query):
    journeys(
        {"user_id": "u", "saved_at": T0 + 1},
        {"user_id": "u", "note_id": "m"},
        {"user_id": "u", "entry_date": DAY + 1, "entered_at": T0 + DAY_MS},
        {"user_id": "v"},
    )
    assert query("SELECT sum(viewers) FROM funnel(window_days = 7)") == [(4,)]
    asked = (
        "SELECT uniqExact(user_id), uniqExactIf(user_id, saved) FROM journey_steps(window_days = 7)"
    )
    assert query(asked) == [(2, 1)]


@pytest.mark.parametrize("view", ["journey_steps", "funnel"])
def test_a_window_that_was_not_stored_is_refused(journeys, writer, query, view):
    journeys({})
    assert query(f"SELECT count() FROM {view}(window_days = 30)") == [(1,)]
    writer.insert(block("conversions", {"lookback_days": 14}))
    assert query(f"SELECT count() FROM {view}(window_days = 14)") == [(1,)]
    with pytest.raises(ServerException, match="more than journeys were stored with"):
        query(f"SELECT count() FROM {view}(window_days = 15)")


@pytest.mark.parametrize("view", ["journey_steps", "funnel"])
def test_the_former_name_of_the_window_is_refused_with_the_new_one(journeys, query, view):
    with pytest.raises(ServerException, match="window_days"):
        query(f"SELECT * FROM {view}(lookback_days = 7)")
