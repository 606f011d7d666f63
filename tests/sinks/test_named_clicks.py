"""A click that the order names belongs to its path in the views, whoever clicked it.

Defined in docs/definitions.md §4.8.
"""

import pytest
from orders import DAY_MS, sub_order
from sink_rows import T0, block

PATH = (
    "SELECT sub_order_id, arrayMap(t -> toUnixTimestamp64Milli(t), path.occurred_at), path.note_id, path.click_id,"
    " path.evidence FROM current_conversions ORDER BY sub_order_id"
)
NEWEST = "toUnixTimestamp64Milli(newest_click_at), toUnixTimestamp64Milli(newest_item_click_at)"


@pytest.fixture
def clicked(writer):
    """Puts clicks into the facts, by an account that buys nothing."""

    def put(click_id, occurred_at, **others):
        row = {"kind": 4, "user_id": "x", "note_id": "n2", "item_id": "i", **others}
        writer.insert(block("touches", {**row, "click_id": click_id, "occurred_at": occurred_at}))

    return put


def naming(click_id, *touches, **others):
    """A sub-order s that names a click."""
    conversion, events = sub_order(*touches, sub_order_id="s", items=others.pop("items", ()))
    return {**conversion, "click_id": click_id, **others}, events


def test_it_is_inserted_in_the_order_of_touches(shop, clicked, query):
    """In the middle, between touches at its time by their notes, and at both ends."""
    clicked("c", T0 - 2 * DAY_MS)
    around = (("n1", "click", 2), ("n3", "click", 2))
    shop(naming("c", ("a", "view", 3), *around, ("a", "save", 1)))
    [(_, times, notes, clicks, evidence)] = query(PATH)
    assert times == [T0 - days * DAY_MS for days in (3, 2, 2, 2, 1)]
    assert notes == ["a", "n1", "n2", "n3", "a"]
    assert clicks == ["", "", "c", "", ""]
    assert evidence == ["own", "own", "named", "own", "own"]


@pytest.mark.parametrize(("days", "places"), [(9, ["n2", "a"]), (1, ["a", "n2"])])
def test_it_may_be_first_or_last(shop, clicked, query, days, places):
    clicked("c", T0 - days * DAY_MS)
    shop(naming("c", ("a", "view", 3)))
    assert query(PATH)[0][2] == places


@pytest.mark.parametrize(
    ("ago_ms", "there"), [(0, True), (-1, False), (30 * DAY_MS, True), (30 * DAY_MS + 1, False)]
)
def test_the_window_has_both_ends(shop, clicked, query, ago_ms, there):
    clicked("c", T0 - ago_ms)
    shop(naming("c"))
    assert query(PATH)[0][4] == ["named"] * there


def test_a_click_of_another_brand_or_that_nobody_knows_is_none(shop, clicked, query):
    clicked("c", T0 - DAY_MS, brand_id="other")
    shop(naming("c", ("a", "view", 3)))
    assert query(PATH)[0][2] == ["a"]


def test_a_click_of_the_path_is_not_in_it_twice(shop, clicked, query):
    clicked("c", T0 - 2 * DAY_MS, user_id="u")
    conversion, events = naming("c", ("n2", "click", 2))
    shop(({**conversion, "path.click_id": ["c"]}, events))
    assert query(PATH)[0][3:] == (["c"], ["own"])


def test_one_that_was_stamped_again_counts_at_its_least_time(shop, clicked, query):
    for days in (2, 4, 3):
        clicked("c", T0 - days * DAY_MS)
    shop(naming("c"))
    assert query(PATH)[0][1] == [T0 - 4 * DAY_MS]


def test_what_stands_decides_and_not_what_it_replaced(shop, clicked, query):
    clicked("c", T0 - DAY_MS)
    former, events = naming("c")
    shop((former, events))
    shop(({**former, "click_id": None, "version": 2}, events))
    assert query(PATH) == [("s", [], [], [], [])]


def test_a_cut_path_keeps_what_it_has_and_a_crowded_one_stays_empty(shop, clicked, query):
    clicked("c", T0 - 9 * DAY_MS)
    shop(naming("c", ("a", "view", 1), path_truncated=True))
    assert query(PATH)[0][2] == ["n2", "a"]
    shop(naming("c", path_truncated=True, version=2))
    assert query(PATH)[0][2] == []


@pytest.mark.parametrize(
    ("item", "newest", "via"),
    [("i", (T0 - DAY_MS, T0 - DAY_MS), "direct"), ("j", (T0 - DAY_MS, None), "click_halo")],
)
def test_it_says_how_the_order_came(shop, clicked, query, item, newest, via):
    clicked("c", T0 - DAY_MS, item_id=item)
    shop(naming("c", ("a", "view", 3)))
    assert query(f"SELECT {NEWEST} FROM current_conversions") == [newest]
    assert query("SELECT toString(via) FROM order_paths(lookback_days = 30)") == [(via,)]


def test_a_newer_click_of_the_buyer_stays_the_newest(shop, clicked, query):
    clicked("c", T0 - 2 * DAY_MS)
    shop(naming("c", ("a", "click", 1), items=["j"]))
    assert query(f"SELECT {NEWEST} FROM current_conversions") == [(T0 - DAY_MS, T0 - 2 * DAY_MS)]


def test_it_is_credited_and_explained(shop, clicked, query):
    clicked("c", T0 - DAY_MS)
    shop(naming("c", ("a", "view", 3)))
    assert query(
        "SELECT note_id, toString(kind), net_fen FROM attribution(model = 'linear', lookback_days = 30)"
        " ORDER BY note_id"
    ) == [("a", "view", 50), ("n2", "click", 50)]
    assert query(
        "SELECT toString(what), note_id, id, last_click_fen"
        " FROM explain(sub_order_id = 's', lookback_days = 30) ORDER BY at"
    ) == [("view", "a", "", 0), ("click", "n2", "c", 100), ("payment", "", "s-1-0", None)]


def test_promoted_and_surface_are_those_of_no_view(shop, clicked, query):
    clicked("c", T0 - DAY_MS)
    conversion, events = naming("c", ("a", "view", 3))
    shop(({**conversion, "path.promoted": [True], "path.surface": ["SEARCH"]}, events))
    assert query("SELECT path.promoted, path.surface FROM current_conversions") == [
        ([True, False], ["SEARCH", "OTHER"])
    ]


def test_the_table_holds_own_touches_alone(shop, clicked, query):
    clicked("c", T0 - DAY_MS)
    shop(naming("c"))
    assert query("SELECT named_click_id, path.kind FROM conversions FINAL") == [("c", [])]
