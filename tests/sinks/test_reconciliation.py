"""reconciliation and bridge: every number beside what the events say, and the way to a platform's figure."""

from datetime import date

import pytest
from clickhouse_driver.errors import ServerException
from orders import DAY_MS, sub_order
from sink_rows import T0, block

MONEY = ["gross_fen", "net_fen", "refunded_fen", "sub-orders"]
PLACES = [
    "conversions",
    *(f"credits: {m}" for m in ("first", "last", "last_click", "linear", "position", "time_decay")),
]
ODD = (
    "SELECT brand_id, measure, found_in, expected, found, reason"
    " FROM reconciliation(lookback_days = 30) WHERE difference != 0 ORDER BY ALL"
)
PATH = (("a", "view", 20), ("b", "click", 7), ("c", "save", 1))


@pytest.fixture
def reconciled(query):
    """measure, found_in → expected, found, of one brand and a window."""

    def ask(lookback_days=30, brand_id="b"):
        return {
            (measure, found_in): (expected, found)
            for measure, found_in, expected, found in query(
                "SELECT measure, found_in, sum(expected), sum(found)"
                f" FROM reconciliation(lookback_days = {lookback_days}) WHERE brand_id = %(brand)s"
                " GROUP BY measure, found_in",
                {"brand": brand_id},
            )
        }

    return ask


def test_orders_and_money_are_found_again_everywhere(shop, reconciled, query):
    shop(
        sub_order(*PATH, paid=(100, 31), refunded=(7,)),
        sub_order(paid=(50,)),
        sub_order(*PATH, brand_id="c"),
    )
    for days in (0, 7, 30):
        found = reconciled(days)
        assert sorted(found) == sorted((m, place) for m in MONEY for place in PLACES)
        for place in PLACES:
            assert [found[m, place] for m in MONEY] == [(181, 181), (174, 174), (7, 7), (2, 2)]
    assert query(ODD) == []


def test_days_are_those_of_payment_in_shanghai(shop, query):
    # T0 is 23:06 in Shanghai.
    shop(sub_order(), sub_order(paid_at=T0 + DAY_MS // 24))
    found = query(
        "SELECT day, expected, found FROM reconciliation(lookback_days = 30)"
        " WHERE measure = 'sub-orders' AND found_in = 'conversions' ORDER BY day"
    )
    assert found == [(date(2025, 6, 15), 1, 1), (date(2025, 6, 16), 1, 1)]


def test_a_conversion_that_is_missing_is_found(shop, writer, query):
    lost = sub_order(*PATH)
    shop(sub_order(*PATH))
    writer.insert(block("order_events", *lost[1]))
    rows = query(ODD)
    assert {(measure, place) for _, measure, place, *_ in rows} == {
        (m, place) for m in ("sub-orders", "gross_fen", "net_fen") for place in PLACES
    }
    assert all("verify the tables" in reason for *_, reason in rows)


def test_a_conversion_without_its_payment_is_found(shop, writer, query):
    shop(sub_order(*PATH))
    writer.insert(block("conversions", sub_order()[0]))
    found = [row[:5] for row in query(ODD) if row[1] == "sub-orders"]
    assert found == [("b", "sub-orders", place, 1, 2) for place in PLACES]


def test_refunds_without_a_payment_are_a_row_with_its_reason(writer, query):
    [_, events] = sub_order(paid=(), refunded=(30, 12))
    writer.insert(block("order_events", *events))
    assert query(ODD) == [
        (
            *("b", "refunded_fen without a payment", "order_events", 0, 42),
            "No payment of their sub-orders has arrived: these refunds are in no conversion.",
        )
    ]


def test_every_viewer_is_a_journey(writer, reconciled, query):
    views = [
        {"user_id": user, "note_id": note, "occurred_at": T0 + n}
        for n, (user, note) in enumerate([("u", "n"), ("u", "n"), ("u", "m"), ("v", "n")])
    ]
    writer.insert(block("touches", *views, {"kind": 2, "user_id": "w"}))
    counted = {"journeys": (3, 3), "savers": (0, 0), "clickers": (0, 0), "buyers": (0, 0)}
    assert reconciled() == {(measure, "journeys"): found for measure, found in counted.items()}
    writer.insert(block("journeys", {"user_id": "nobody"}))
    assert [row[:5] for row in query(ODD)] == [("b", "journeys", "journeys", 3, 4)]


def test_what_was_too_late_is_told(shop, writer, query):
    shop(sub_order())
    conversion, [event] = sub_order(sub_order_id="late")
    writer.insert(block("conversions", {**conversion, "path_incomplete": True}))
    writer.insert(block("order_events", {**event, "too_late": True}))
    touch = {"too_late": True, "user_id": "v"}
    writer.insert(block("touches", {**touch, "kind": 2}, {**touch, "kind": 4}))
    told = [(measure, found) for _, measure, _, _, found, _ in query(ODD)]
    assert told == [("payments that were too late", 1), ("touches that were too late", 2)]


def test_dead_letters_are_told_by_reason(writer, query):
    letters = ["undecodable", "from_the_future", "undecodable"]
    rows = ({"offset": n, "key": bytes([n]), "reason": reason} for n, reason in enumerate(letters))
    writer.insert(block("dead_letters", *rows))
    told = [row[:5] for row in query(ODD)]
    assert told == [
        ("", "dead letters: from_the_future", "note-views", 0, 1),
        ("", "dead letters: undecodable", "note-views", 0, 2),
    ]
    counts = query("SELECT topic, day, reason, messages FROM dead_letters_by_day ORDER BY reason")
    assert counts == [
        ("note-views", date(2025, 6, 15), "from_the_future", 1),
        ("note-views", date(2025, 6, 15), "undecodable", 2),
    ]


def test_what_former_versions_called_dead_because_it_was_late_is_told_as_late_alone(writer, query):
    writer.insert(block("dead_letters", {"reason": "too_late"}))
    assert query(ODD) == []
    assert query("SELECT reason FROM current_dead_letters") == [("too_late",)]


@pytest.fixture
def bridge(query):
    """step → fen, from a model and a window to the platform's."""

    def ask(platform_day="payment", since="2025-06-01", until="2025-06-30", **others):
        given = {"model": "linear", "lookback_days": 30, "platform_days": 7} | others
        return [
            fen
            for (fen,) in query(
                "SELECT amount_fen FROM bridge(model = %(model)s, lookback_days = %(lookback_days)s,"
                " platform_days = %(platform_days)s, platform_day = %(platform_day)s,"
                " since = %(since)s, until = %(until)s) ORDER BY brand_id, step",
                given | {"platform_day": platform_day, "since": since, "until": until},
            )
        ]

    return ask


def test_from_our_credit_to_the_figure_of_a_platform(shop, bridge):
    shop(
        sub_order(*PATH, paid=(90,), refunded=(30,)),
        sub_order(("a", "view", 20), paid=(200,)),
        sub_order(paid=(1_000,)),
    )
    # Ours: 60 + 200. Refunds: 30. In seven days the second order has no touch. Two notes have the first in full.
    assert bridge() == [260, 30, -200, 90, 0, 180]


def test_another_day_basis_is_an_item_of_its_own(shop, bridge):
    shop(sub_order(("a", "view", 6), paid=(100,)), sub_order(("b", "view", 1), paid=(7,)))
    # T0 is June 15: a was touched on the 9th, b on the 14th.
    assert bridge("touch", since="2025-06-10") == [107, 0, 0, 0, -100, 7]
    assert bridge("touch", since="2025-06-01", until="2025-06-14") == [0, 0, 0, 0, 107, 107]
    assert bridge("touch", since="2025-06-16") == []


@pytest.mark.parametrize("model", ["first", "last", "last_click", "position", "time_decay"])
@pytest.mark.parametrize("platform_day", ["touch", "payment"])
def test_the_items_add_up(shop, bridge, model, platform_day):
    shop(
        *(
            sub_order(*PATH[n % 3 :], paid=(97 + n,), refunded=(n,), paid_at=T0 + n * DAY_MS)
            for n in range(20)
        )
    )
    *items, theirs = bridge(platform_day, model=model)
    assert sum(items) == theirs > 0


def test_an_unknown_day_basis_is_refused(shop, bridge):
    shop(sub_order(*PATH))
    with pytest.raises(ServerException, match="platform_day is touch or payment"):
        bridge("click")
