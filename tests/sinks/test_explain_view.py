"""explain: one order told completely, touch by touch, with the credit of each under every model."""

import pytest
from clickhouse_driver.errors import ServerException
from orders import sub_order
from sink_rows import T0, block

MODELS = ("first", "last", "last_click", "linear", "position", "time_decay", "full")
CREDITS = ", ".join(f"{model}_fen" for model in MODELS)


@pytest.fixture
def explained(query):
    """The rows of a sub-order in their order: the columns that are named."""

    def ask(columns, sub_order_id="x", lookback_days=30):
        return query(
            f"SELECT {columns} FROM explain(sub_order_id = %(id)s, lookback_days = {lookback_days})"
            " ORDER BY at, what",
            {"id": sub_order_id},
        )

    return ask


@pytest.fixture
def told(shop):
    """A path of three touches, paid 100 fen and given back 10; and others that must not be told."""
    shop(
        sub_order(
            ("a", "view", 9), ("b", "save", 3), ("a", "click", 0.5), refunded=(10,), sub_order_id="x"
        ),
        sub_order(sub_order_id="organic"),
        sub_order(("z", "view", 1), sub_order_id="other"),
        sub_order(("z", "view", 1), sub_order_id="x2", brand_id="c"),
    )  # fmt: skip


def test_every_touch_payment_and_refund(told, explained):
    columns = "toString(what), note_id, id, age_days, counts_from_days, amount_fen"
    assert explained(columns) == [
        ("view", "a", "", 9, 9, None),
        ("save", "b", "", 3, 3, None),
        ("click", "a", "", 0.5, 1, None),
        ("payment", "", "x-1-0", None, None, 100),
        ("refund", "", "x-2-0", None, None, -10),
    ]


def test_times_are_to_the_millisecond(told, explained):
    found = [at for (at,) in explained("toUnixTimestamp64Milli(at)")]
    assert found == [T0 - 9 * 86_400_000, T0 - 3 * 86_400_000, T0 - 43_200_000, T0, T0]


def test_credits_of_the_touches_are_those_of_each_model(told, explained, query):
    for days in (30, 9, 3, 1):
        touches = explained(f"counts_from_days, {CREDITS}", lookback_days=days)[:3]
        inside = [list(row[1:]) for row in touches if row[0] <= days]
        assert all(row[1:] == (0,) * len(MODELS) for row in touches if row[0] > days)
        expected = [
            query(
                f"SELECT net_fen FROM attribution_credits(model = '{model}', lookback_days = {days})"
                " WHERE sub_order_id = 'x' ORDER BY touch"
            )
            for model in MODELS
        ]
        assert inside == [[fen for (fen,) in row] for row in zip(*expected, strict=True)]


@pytest.mark.parametrize(("sub_order_id", "days", "touches"), [("organic", 30, 0), ("x", 0, 3)])
def test_without_a_touch_in_the_window_the_order_is_organic(
    told, explained, sub_order_id, days, touches
):
    rows = explained(f"toString(what), {CREDITS}", sub_order_id, days)
    net = 100 if sub_order_id == "organic" else 90
    assert rows[touches] == ("organic", *[net] * len(MODELS))
    assert [what for what, *_ in rows].count("organic") == 1


def test_credits_add_up_to_the_order(told, explained):
    for days in (30, 5, 0):
        *models, full = explained(
            ", ".join(f"sum({model}_fen)" for model in MODELS) + ", 1 AS at, 1 AS what",
            lookback_days=days,
        )[0][:-2]
        assert models == [90] * 6
        assert full >= 90


def test_what_is_not_known_has_no_rows(told, explained):
    assert explained("*", "nobody") == []


def test_more_than_was_stored_is_refused(told, explained):
    with pytest.raises(ServerException, match="lookback_days is more than the paths reach back"):
        explained("*", lookback_days=31)


def test_models_side_by_side(told, query):
    asked = (
        "SELECT model, brand_id, sum(net_fen) FROM credits_by_model(lookback_days = 30)"
        " GROUP BY model, brand_id ORDER BY model, brand_id"
    )
    expected = [
        (model, brand, net + (90 if model == "full" and brand == "b" else 0))
        for model in sorted(MODELS)
        for brand, net in (("b", 290), ("c", 100))
    ]
    assert query(asked) == expected


def test_versions_that_are_not_merged_yet(writer, query):
    [conversion, _] = sub_order(("a", "view", 1), sub_order_id="x")
    for events, complete in ((7, False), (9, True), (2**64 - 1, True)):
        version = {"version": (2**47 - 1 - T0) << 81 | events << 17 | complete << 16 | 30}
        writer.insert(block("conversions", {**conversion, **version}))
    asked = (
        "SELECT events, complete, lookback_days, touches FROM conversion_versions ORDER BY version"
    )
    # A crowded user's row counts none.
    assert query(asked) == [(7, False, 30, 1), (9, True, 30, 1), (None, True, 30, 1)]
