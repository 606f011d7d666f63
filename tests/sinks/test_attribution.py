"""attribution_credits and attribution: who is credited with what, under each model.

Defined in docs/definitions.md §10.1, §10.2.
"""

from random import Random

import pytest
from clickhouse_driver.errors import ServerException
from orders import DAY_MS, KINDS, sub_order
from sink_rows import T0

MODELS = ("first", "last", "last_click", "linear", "position", "time_decay")


@pytest.fixture
def credited(query):
    """note → the sum of a column of its credits."""

    def ask(model, column="net_fen", lookback_days=30):
        return dict(
            query(
                f"SELECT note_id, sum({column}) FROM attribution(model = '{model}', lookback_days = {lookback_days})"
                " GROUP BY note_id"
            )
        )

    return ask


PATH = (("a", "view", 20), ("b", "click", 7), ("c", "save", 1))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first", {"a": 100}),
        ("last", {"c": 100}),
        ("last_click", {"b": 100}),
        ("linear", {"a": 34, "b": 33, "c": 33}),
        ("position", {"a": 40, "b": 20, "c": 40}),
        ("full", {"a": 100, "b": 100, "c": 100}),
    ],
)
def test_each_model(shop, credited, model, expected):
    shop(sub_order(*PATH))
    assert credited(model) == expected


def test_time_decay_halves_in_seven_days(shop, credited):
    shop(sub_order(("a", "view", 14), ("b", "view", 7), ("c", "view", 0), paid=(700,)))
    assert credited("time_decay") == {"a": 100, "b": 200, "c": 400}


def test_without_a_click_the_last_touch_counts_as_the_last_click(shop, credited):
    shop(sub_order(("a", "view", 2), ("b", "save", 1)))
    assert credited("last_click") == {"b": 100}


@pytest.mark.parametrize(("touches", "expected"), [(PATH[:1], [1.0]), (PATH[:2], [0.5, 0.5])])
def test_position_of_short_paths(shop, query, touches, expected):
    shop(sub_order(*touches))
    weights = query(
        "SELECT weight FROM attribution_credits(model = 'position', lookback_days = 30) ORDER BY touch"
    )
    assert [weight for (weight,) in weights] == expected


def test_a_note_that_touched_twice_counts_once_in_full(shop, credited):
    shop(sub_order(("a", "view", 3), ("b", "view", 2), ("a", "click", 1)))
    assert credited("full") == {"a": 100, "b": 100}
    assert credited("full", "sub_orders") == {"a": 1, "b": 1}


def test_an_order_without_touches_is_credited_to_no_note(shop, credited, query):
    shop(sub_order(), sub_order(*PATH))
    for model in MODELS:
        assert credited(model)[""] == 100
        assert sum(credited(model).values()) == 200
    organic = (
        "SELECT touch, touched_at, kind, weight FROM attribution_credits(model = 'last', lookback_days = 30)"
        " WHERE note_id = ''"
    )
    assert query(organic) == [(0, None, "organic", 1.0)]


def test_a_shorter_window_is_chosen_when_asking(shop, credited):
    shop(sub_order(*PATH))
    assert credited("linear", lookback_days=7) == {"b": 50, "c": 50}
    assert credited("linear", lookback_days=6) == {"c": 100}
    assert credited("linear", lookback_days=0) == {"": 100}


def test_textbook_paths_under_linear(shop, credited):
    """search > social > email five times, search > email three times, direct twice."""
    long = (("search", "view", 3), ("social", "view", 2), ("email", "view", 1))
    short = (long[0], long[2])
    paths = [long] * 5 + [short] * 3 + [(("direct", "view", 1),)] * 2
    shop(*(sub_order(*path, paid=(600,)) for path in paths))
    found = credited("linear", "sub_orders")
    expected = {"direct": 2, "search": 19 / 6, "email": 19 / 6, "social": 5 / 3}
    assert found == pytest.approx(expected)
    assert credited("linear", "gross_fen") == {
        name: round(600 * share) for name, share in expected.items()
    }


def test_a_refund_months_later_changes_the_notes_of_that_path_only(shop, credited):
    first, second = sub_order(("a", "view", 2), ("b", "view", 1)), sub_order(("b", "view", 1))
    shop(first, second)
    before = credited("linear")
    refund = {
        **first[1][0],
        "kind": 2,
        "txn_id": "refund",
        "amount_fen": 31,
        "occurred_at": T0 + 150 * DAY_MS,
    }
    shop((first[0], [refund]))
    after = credited("linear")
    assert {note: before[note] - after[note] for note in before} == {"a": 16, "b": 15}
    assert credited("linear", "gross_fen") == before


def test_days_are_those_of_shanghai(shop, query):
    shop(sub_order(("a", "view", 1)))
    assert query(
        "SELECT toString(paid_date), toString(touch_date) FROM attribution(model = 'last', lookback_days = 30)"
    ) == [("2025-06-15", "2025-06-14")]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ("model = 'lasst', lookback_days = 30", "There is no such model"),
        ("model = 'last', lookback_days = 31", "lookback_days is more than the paths reach back"),
    ],
)
@pytest.mark.parametrize("view", ["attribution", "attribution_credits"])
def test_what_cannot_be_asked_is_refused_with_a_sentence(shop, query, view, parameters, sentence):
    shop(sub_order(*PATH))
    for what in ("*", "count()"):
        with pytest.raises(ServerException, match=sentence):
            query(f"SELECT {what} FROM {view}({parameters})")


def test_a_brand_is_asked_for_by_key(shop, query):
    shop(sub_order(*PATH))
    [(plan,)] = query(
        "SELECT arrayStringConcat(groupArray(explain), '\n') FROM (EXPLAIN indexes = 1 SELECT sum(net_fen)"
        " FROM attribution(model = 'last', lookback_days = 30) WHERE brand_id = 'b')"
    )
    # The few orders that name a click are found by an index of their own.
    by_brand, named = (
        plan.count("(brand_id in ['b', 'b'])"),
        plan.count("(named_click_id isNotNull)"),
    )
    assert by_brand == 3
    assert by_brand + named == plan.count("ReadFromMergeTree") + 1


def weights(model, touches):
    """Whole numbers, as the documentation of each model has them."""
    n = len(touches)
    clicks = [i for i, (_, kind, _) in enumerate(touches) if kind == "click"]
    if model == "time_decay":
        return [round(2 ** (60 - (days - touches[-1][2]) / 7)) for _, _, days in touches]
    if model == "position" and n > 2:
        return [2 * (n - 2) if i in (0, n - 1) else 1 for i in range(n)]
    chosen = {"first": 0, "last": n - 1, "last_click": clicks[-1] if clicks else n - 1}.get(model)
    return [int(chosen in (None, i)) for i in range(n)]


def shares(total, parts):
    """Largest remainder; the earlier one where they are equal."""
    floors, rests = zip(*(divmod(total * part, sum(parts)) for part in parts), strict=True)
    order = sorted(range(len(parts)), key=lambda i: (-rests[i], i))
    left = total - sum(floors)
    return [floors[i] + (order.index(i) < left) for i in range(len(parts))]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("lookback_days", [7, 30])
def test_shares_add_up_and_are_those_of_the_largest_remainders(shop, query, model, lookback_days):
    rng = Random(f"{model} {lookback_days}")
    orders = {}
    for number in range(300):
        touches = [
            (rng.choice("abcd"), rng.choice(list(KINDS)), rng.choice([0, 6, 7, 8, 13, 29, 30]))
            for _ in range(rng.choice([0, 1, 2, 3, 5, 20]))
        ]
        touches.sort(key=lambda touch: -touch[2])
        paid = [rng.choice([0, 1, 2, 99, 100, 10**12]) for _ in range(rng.randint(1, 2))]
        orders[f"{number:03}"] = touches, paid, [rng.randint(0, paid[0])]
    shop(
        *(
            sub_order(*touches, paid=paid, refunded=refunded, sub_order_id=name)
            for name, (touches, paid, refunded) in orders.items()
        )
    )
    expected = []
    for name, (touches, paid, refunded) in orders.items():
        inside = [touch for touch in touches if touch[2] <= lookback_days]
        parts = weights(model, inside) or [1]
        notes = [note for note, _, _ in inside] or [""]
        given, taken = shares(sum(paid), parts), shares(sum(refunded), parts)
        assert (sum(given), sum(taken)) == (sum(paid), sum(refunded))
        expected += [(name, *row) for row in zip(notes, given, taken, strict=True)]
    assert expected == query(
        "SELECT sub_order_id, note_id, gross_fen, refunded_fen"
        f" FROM attribution_credits(model = '{model}', lookback_days = {lookback_days})"
        " ORDER BY sub_order_id, touch"
    )
