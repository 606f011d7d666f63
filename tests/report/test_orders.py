"""What was sold, how it is credited, and how long it took."""

from datetime import date

import pytest
from orders import DAY_MS, sub_order
from sink_rows import T0

from report import figures as report_figures
from report.figures import Sold
from sinks.tables import MODELS


def of_item(made, item):
    """The same sub-order, of an item to which its touches lead."""
    conversion, events = made
    path = {"path.item_id": [item] * len(conversion["path.kind"])}
    clicked = conversion["path.occurred_at"][-1]
    newest = {"newest_click_at": clicked, "newest_item_click_at": clicked}
    return {**conversion, "item_id": item, **path, **newest}, events


def test_the_ways_are_all_that_was_sold(shop, reported):
    shop(
        of_item(sub_order(("a", "click", 1), paid=(100, 1), refunded=(30,)), "lipstick"),
        sub_order(("a", "view", 1), paid=(200,)),
        sub_order(paid=(300,)),
        sub_order(("a", "view", 8), paid=(50,)),
        sub_order(paid=(400,), brand_id="c"),
    )
    found = reported()
    assert found.sold == {
        "direct": Sold(1, 101, 30),
        "click_halo": Sold(),
        "view_through": Sold(1, 200, 0),
        "organic": Sold(2, 350, 0),
    }
    assert found.total == Sold(4, 651, 30)
    assert found.total.net_fen == 621


def test_orders_are_of_the_day_of_their_payment(shop, reported):
    # T0 is 23:06 in Shanghai: an hour later it is another day.
    shop(sub_order(paid=(1,)), sub_order(paid=(2,), paid_at=T0 + DAY_MS // 24))
    june_15, june_16 = date(2025, 6, 15), date(2025, 6, 16)
    assert [reported(day, day).total.gross_fen for day in (june_15, june_16)] == [1, 2]
    for day in (june_15, june_16):
        found = reported(day, day)
        assert sum(row.net_fen["linear"] for row in found.credits) == found.total.net_fen


def test_days_to_purchase_add_up_day_by_day(shop, reported):
    shop(
        *(sub_order(("a", "view", days)) for days in (0.5, 1, 1 + 1 / DAY_MS, 6.5, 7)),
        sub_order(("a", "view", 3), ("a", "click", 0.1)),
        sub_order(),
    )
    # Whole days of 24 hours: what took exactly one is within one.
    assert reported().within == [0, 2, 3, 4, 4, 4, 4, 6]
    assert reported(days=0).within == [0]


@pytest.fixture
def credited(shop, reported, monkeypatch):
    """Two notes are shown of four."""
    monkeypatch.setattr(report_figures, "NOTES", 2)
    shop(
        sub_order(("a", "view", 3), ("b", "view", 1), paid=(101,)),
        sub_order(("b", "view", 3), ("a", "view", 2), ("c", "click", 1), paid=(1000,), refunded=(7,)),
        sub_order(("d", "save", 1), paid=(10,)),
        sub_order(paid=(5,)),
    )  # fmt: skip
    return reported()


def test_the_greatest_notes_are_shown_and_nothing_is_lost(credited):
    assert [(row.what, row.note_id, row.notes) for row in credited.credits] == [
        ("note", "a", 1),
        ("note", "b", 1),
        ("others", "", 2),
        ("organic", "", 1),
    ]
    for model in MODELS:
        assert sum(row.net_fen[model] for row in credited.credits) == credited.total.net_fen == 1109


def test_each_model_has_its_own_credit_and_full_is_more(credited):
    a, b, others, organic = (row.net_fen for row in credited.credits)
    assert (a["first"], b["first"], others["first"]) == (101, 993, 10)
    assert (a["last"], b["last"], others["last"]) == (0, 101, 1003)
    assert (a["full"], b["full"], others["full"]) == (1094, 1094, 1003)
    assert set(organic.values()) == {5}
