"""An order of a user who is no person is unknown, in every view: neither organic nor any other.

Defined in docs/definitions.md §9.
"""

import pytest
from orders import sub_order


@pytest.fixture
def sold(shop):
    """A crowded order, one without touches, and one of whose many touches the newest are kept."""
    crowded, events = sub_order(sub_order_id="crowded")
    long, more = sub_order(("a", "view", 20), ("a", "click", 19), sub_order_id="long")
    shop(
        ({**crowded, "path_truncated": True}, events),
        ({**long, "path_truncated": True}, more),
        sub_order(sub_order_id="organic"),
    )


@pytest.mark.usefixtures("sold")
@pytest.mark.parametrize("days", [30, 10])
def test_how_it_came(query, days):
    ways = dict(
        query(f"SELECT sub_order_id, toString(via) FROM order_paths(lookback_days = {days})")
    )
    assert ways == {"crowded": "unknown", "organic": "organic", "long": "unknown"}
    found = query(
        f"SELECT toString(via), sum(net_fen) FROM direct_and_halo(lookback_days = {days}) GROUP BY via"
    )
    assert dict(found)["unknown"] == 200
    assert sum(fen for _, fen in found) == 300


@pytest.mark.usefixtures("sold")
@pytest.mark.parametrize("model", ["linear", "last_click", "full"])
def test_nobody_is_credited(query, model):
    rows = query(
        "SELECT toString(kind), note_id, sum(net_fen) "
        f"FROM attribution(model = '{model}', lookback_days = 30) WHERE note_id = '' GROUP BY kind, note_id"
    )
    assert sorted(rows) == [("organic", "", 100), ("unknown", "", 100)]


@pytest.mark.usefixtures("sold")
@pytest.mark.parametrize("sub_order_id", ["crowded", "organic"])
def test_it_is_explained_as_such(query, sub_order_id):
    what = "unknown" if sub_order_id == "crowded" else "organic"
    rows = query(
        "SELECT toString(what), linear_fen "
        f"FROM explain(sub_order_id = '{sub_order_id}', lookback_days = 30) WHERE what != 'payment'"
    )
    assert rows == [(what, 100)]


@pytest.mark.usefixtures("sold")
def test_its_steps_are_not_those_of_an_organic_one(query):
    rows = query("SELECT steps, sub_orders, net_fen FROM paths(lookback_days = 10) ORDER BY steps")
    assert rows == [("", 1, 100), ("unknown", 2, 200)]
