"""An order of a user who is no person is unknown, in every view: neither organic, nor halo, nor direct."""

import pytest
from orders import sub_order
from sink_rows import block


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
@pytest.mark.parametrize(("days", "long"), [(30, "halo"), (10, "organic")])
def test_how_it_came(query, days, long):
    ways = dict(
        query(f"SELECT sub_order_id, toString(via) FROM order_paths(lookback_days = {days})")
    )
    assert ways == {"crowded": "unknown", "organic": "organic", "long": long}
    found = query(
        f"SELECT toString(via), sum(net_fen) FROM direct_and_halo(lookback_days = {days}) GROUP BY via"
    )
    assert dict(found)["unknown"] == 100
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
    assert rows == [("", 2, 200), ("unknown", 1, 100)]


def test_its_version_counts_no_events(writer, query):
    conversion, _ = sub_order(sub_order_id="x")
    for rank in (7, 1 << 63 | 8):
        writer.insert(block("conversions", {**conversion, "version": 1 << 64 | rank}))
    assert query("SELECT events FROM conversion_versions ORDER BY version") == [(7,), (None,)]
