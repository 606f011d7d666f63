"""order_paths, paths, time_to_purchase, direct_and_halo: how people came to buy, and how long it took.

Defined in docs/definitions.md §4.9, §5.
"""

from statistics import median, quantiles

import pytest
from clickhouse_driver.errors import ServerException
from orders import DAY_MS, sub_order
from sink_rows import T0

ORDERS = "FROM order_paths(lookback_days = 30) ORDER BY sub_order_id"


def test_steps_and_days_of_a_path(shop, query):
    shop(
        sub_order(
            ("a", "view", 12), ("a", "view", 12), ("b", "view", 3), ("a", "save", 3), ("a", "click", 0),
            sub_order_id="1",
        ),
        sub_order(sub_order_id="2"),
    )  # fmt: skip
    assert query(f"SELECT steps, days, touches, note_ids {ORDERS}") == [
        ("view > save > click", "12 > 3 > 0", 5, ["a", "b"]),
        ("", "", 0, []),
    ]


def test_days_are_those_of_shanghai(shop, query):
    # Paid at 23:06: a touch 23 hours earlier was at six minutes past midnight.
    shop(sub_order(("a", "view", 24 / 24), ("a", "view", 23 / 24)))
    assert query(f"SELECT days {ORDERS}") == [("1 > 0",)]


def test_hours_to_the_payment(shop, query):
    shop(sub_order(("a", "view", 2), ("b", "click", 0.25)), sub_order(sub_order_id="without"))
    assert query(f"SELECT hours_from_first, hours_from_last {ORDERS}") == [(48, 6), (None, None)]


def test_a_shorter_window_knows_only_what_lies_in_it(shop, query):
    shop(sub_order(("a", "view", 8), ("b", "save", 7), ("c", "click", 1)))
    columns = "steps, note_ids, hours_from_first, hours_from_last, toString(via)"
    asked = f"SELECT {columns} FROM order_paths(lookback_days = %(days)s)"
    assert query(asked, {"days": 7}) == [("save > click", ["b", "c"], 168, 24, "click_halo")]
    assert query(asked, {"days": 0}) == [("", [], None, None, "organic")]


@pytest.mark.parametrize(
    ("bought", "items", "via"),
    [
        ("lipstick", ["lipstick", ""], "direct"),
        ("lipstick", ["cream", ""], "click_halo"),
        # What leads to an item is its link: other touches have none.
        ("", ["cream", ""], "click_halo"),
    ],
)
def test_direct_is_the_link_of_the_very_item(shop, query, bought, items, via):
    shop(sub_order(("a", "click", 2), ("b", "view", 1), bought=bought, items=items))
    assert query(f"SELECT toString(via) {ORDERS}") == [(via,)]


def test_who_viewed_the_note_of_the_item_and_clicked_nothing_came_by_the_view(shop, query):
    shop(sub_order(("a", "view", 2), ("a", "save", 1), bought="lipstick"))
    assert query(f"SELECT toString(via) {ORDERS}") == [("view_through",)]


def test_a_click_before_the_window_makes_nothing_direct(shop, query):
    clicks = (("a", "click", 9), ("a", "click", 8), ("b", "view", 1))
    shop(sub_order(*clicks, bought="lipstick", items=["lipstick", "cream", ""]))
    asked = "SELECT toString(via) FROM order_paths(lookback_days = {})"
    expected = {9: "direct", 8: "click_halo", 7: "view_through", 0: "organic"}
    assert {days: query(asked.format(days))[0][0] for days in expected} == expected


UNHELD = ({"path_incomplete": True}, {"path_truncated": True})


@pytest.mark.parametrize("flags", UNHELD, ids=str)
@pytest.mark.parametrize(
    ("touches", "items", "via"),
    [
        # The click decides, also where the path was cut after it.
        ((("a", "click", 2),), ["i"], "direct"),
        ((("a", "click", 2),), ["other"], "unknown"),
        ((("a", "view", 2),), [""], "unknown"),
        ((), [], "unknown"),
    ],
)
def test_nothing_is_said_of_what_is_not_held(shop, query, flags, touches, items, via):
    conversion, events = sub_order(*touches, items=items)
    shop(({**conversion, **flags}, events))
    assert query(f"SELECT toString(via), path_incomplete, path_truncated {ORDERS}") == [
        (via, flags == UNHELD[0], flags == UNHELD[1])
    ]


def test_a_click_that_was_cut_from_the_path_decides(shop, query):
    """It is in the window, though 500 newer touches are all that the path has."""
    conversion, events = sub_order(("a", "view", 1))
    clicked = {"newest_click_at": T0 - 9 * DAY_MS, "newest_item_click_at": T0 - 9 * DAY_MS}
    shop(({**conversion, **clicked, "path_truncated": True}, events))
    asked = "SELECT toString(via) FROM order_paths(lookback_days = {})"
    assert [query(asked.format(days)) for days in (9, 8)] == [[("direct",)], [("unknown",)]]


def test_all_ways_add_up_to_all_orders(shop, query):
    unheld, events = sub_order(paid=(60,))
    shop(
        sub_order(("a", "click", 1), paid=(100,), refunded=(30,), items=["i"]),
        sub_order(("a", "click", 1), paid=(200,), items=["other"]),
        sub_order(("a", "view", 1), paid=(50,)),
        ({**unheld, "path_incomplete": True}, events),
        sub_order(paid=(300, 5)),
        sub_order(paid=(400,), brand_id="c"),
    )
    asked = (
        "SELECT brand_id, toString(via), sub_orders, gross_fen, refunded_fen, net_fen"
        " FROM direct_and_halo(lookback_days = 30) ORDER BY brand_id, via"
    )
    assert query(asked) == [
        ("b", "organic", 1, 305, 0, 305),
        ("b", "direct", 1, 100, 30, 70),
        ("b", "click_halo", 1, 200, 0, 200),
        ("b", "view_through", 1, 50, 0, 50),
        ("b", "unknown", 1, 60, 0, 60),
        ("c", "organic", 1, 400, 0, 400),
    ]


def test_paths_have_medians_and_quantiles(shop, query):
    hours = [1, 5, 24, 30, 200]
    shop(
        *(
            sub_order(("a", "view", hour / 24), ("a", "save", hour / 48), paid=(hour,))
            for hour in hours
        ),
        sub_order(("a", "view", 1), paid=(7,), refunded=(2,)),
    )
    found = query("SELECT * FROM paths(lookback_days = 30) ORDER BY steps")
    assert found == [
        ("b", "view", 1, 1, 24, 24, 24, 24, 7, 2, 5),
        (
            *("b", "view > save", 5, 2),
            *(median(hours), pytest.approx(quantiles(hours, n=10, method="inclusive")[8])),
            *(12, pytest.approx(quantiles(hours, n=10, method="inclusive")[8] / 2)),
            *(sum(hours), 0, sum(hours)),
        ),
    ]


def test_orders_without_touches_are_a_path_of_their_own(shop, query):
    shop(sub_order(), sub_order(paid=(50,)))
    found = query("SELECT * FROM paths(lookback_days = 30)")
    assert found == [("b", "", 2, 0, None, None, None, None, 150, 0, 150)]


def test_the_time_from_each_note(shop, query):
    shop(
        sub_order(("a", "view", 10), ("b", "view", 4), ("a", "click", 2)),
        sub_order(("a", "view", 1)),
        sub_order(),
    )
    columns = "note_id, sub_orders, hours_from_first_p50, hours_from_last_p50, hours_from_first_p90"
    found = query(f"SELECT {columns} FROM time_to_purchase(lookback_days = 30) ORDER BY note_id")
    assert found == [("a", 2, 132, 36, pytest.approx(24 + 0.9 * 216)), ("b", 1, 96, 96, 96)]
    found = query(f"SELECT {columns} FROM time_to_purchase(lookback_days = 3) ORDER BY note_id")
    assert found == [("a", 2, 36, 36, pytest.approx(24 + 0.9 * 24))]


@pytest.mark.parametrize("view", ["order_paths", "paths", "time_to_purchase", "direct_and_halo"])
def test_more_than_was_stored_is_refused(shop, query, view):
    shop(sub_order(("a", "view", 1), paid_at=40 * DAY_MS * 500))
    with pytest.raises(ServerException, match="lookback_days is more than the paths reach back"):
        query(f"SELECT * FROM {view}(lookback_days = 31)")
