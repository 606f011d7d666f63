"""Runs over stored paths against plain lists of the same paths; days, windows, organic orders and refunds.

Defined in docs/definitions.md §10.3.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date
from random import Random

import pytest
from brute_force import removal_effects, shapley_values
from clickhouse_driver import Client
from shop import DAY_MS, Order, Shop, Touch, ago, of_days

from attribution.credit import Credit
from attribution.question import Dimension, Model, Question
from attribution.runs import Run, run
from schemas.errors import SettingsError
from sinks.connection import ClickHouse

Asked = Callable[..., Run]

SURFACES = ("EXPLORE", "SEARCH", "FOLLOWING", "PROFILE", "OTHER")


@pytest.fixture
def client(fresh_database: ClickHouse):
    with fresh_database.client() as client:
        yield client


@pytest.fixture
def ask(fresh_database: ClickHouse) -> Asked:
    """A run, with what is not said as in the command."""

    def asked(
        model: str = "shapley",
        by: str = "note",
        *,
        brand: str | None = None,
        since: date | None = None,
        until: date | None = None,
        lookback_days: int = 30,
        creators: dict[str, str] | None = None,
    ) -> Run:
        question = Question(Model(model), Dimension(by), brand, since, until, lookback_days)
        return run(fresh_database, question, creators)

    return asked


def by_channel(credits: list[Credit], column: str = "gross_fen") -> dict[str, float]:
    return {credit.channel: getattr(credit, column) for credit in credits}


def history(rng: Random) -> Shop:
    """Few users, notes and times, so that all meets: equal times, edges of windows and days, several orders."""
    users, notes = "uvwxyz", "klmn"
    times = [0, 0.5, 1, 3, 6.9, 7, 7.1, 14, 29, 30, 30.5, 33]
    touches = [
        Touch(
            rng.choice(users),
            rng.choice(notes),
            kind := rng.choice(["view", "view", "save", "unsave", "click"]),
            rng.choice(times),
            rng.choice(SURFACES) if kind == "view" else "",
            rng.random() < 0.1,
            rng.choice("bbbc"),
        )
        for _ in range(60)
    ]
    one_of_each = {(*touch.order[:3], touch.user, touch.brand): touch for touch in touches}
    orders = [
        Order(
            rng.choice(users + "o"),
            rng.choice(times),
            rng.choice([1, 99, 100, 10**12]),
            rng.randint(0, 1),
            brand,
        )
        for brand in "bbbbbbcc"
    ]
    return Shop(one_of_each.values(), [*orders, Order("u", 3)])


CHANNELS: dict[str, Callable[[Shop], Callable[[Touch], str]]] = {
    "note": lambda shop: lambda touch: touch.note,
    "kind": lambda shop: lambda touch: touch.kind,
    "surface": lambda shop: shop.surface,
    "creator": lambda shop: (
        lambda touch: {"k": "K", "l": "K", "m": "M"}.get(touch.note, "(unlisted)")
    ),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("by", CHANNELS)
@pytest.mark.parametrize(
    "scope", [{}, {"lookback_days": 7}, {"since": of_days(7), "until": of_days(1)}], ids=str
)
def test_runs_are_those_of_the_models_by_definition(
    client: Client, ask: Asked, seed: int, by: str, scope: dict[str, object]
) -> None:
    shop = history(Random(f"{seed} {by}"))
    shop.write(client)
    creators = {"k": "K", "l": "K", "m": "M"} if by == "creator" else None
    found = {model: ask(model, by, creators=creators, **scope).brands for model in Model}
    for brand in found["markov"]:
        sold, unsold = shop.paths(CHANNELS[by](shop), brand=brand, **scope)
        touched = [(path, order) for path, order in sold if path]
        expected = shapley_values([(frozenset(path), order.paid) for path, order in touched])
        shapley = {c.channel: c for c in found["shapley"][brand]}
        markov = {c.channel: c for c in found["markov"][brand]}
        organic = sum(order.paid for path, order in sold if not path)
        for credits in (shapley, markov):
            assert sum(c.gross_fen for c in credits.values()) == sum(o.paid for _, o in sold)
            assert sum(c.net_fen for c in credits.values()) == sum(
                o.paid - o.refunded for _, o in sold
            )
            assert sum(c.sub_orders for c in credits.values()) == pytest.approx(len(sold))
            assert ("" in credits) == (len(touched) < len(sold))
            assert "" not in credits or credits[""].gross_fen == organic
        assert {n: v.gross_fen for n, v in shapley.items() if n} == pytest.approx(expected, abs=1)
        if touched:
            paths = [(path, True) for path, _ in touched] + [(path, False) for path in unsold]
            effects = {n: e for n, e in removal_effects(paths).items() if e > 1e-9}
            assert {n: c.removal_effect for n, c in markov.items() if n} == pytest.approx(effects)
            weights = Counter(
                {n: e * len(touched) / sum(effects.values()) for n, e in effects.items()}
            )
            assert {n: c.sub_orders for n, c in markov.items() if n} == pytest.approx(weights)


def test_days_are_those_of_shanghai_with_both_ends(client: Client, ask: Asked) -> None:
    midnight = ago(hours=23, minutes=6, seconds=40)
    shop = Shop(
        [Touch("u", "n", "view", midnight + 1)],
        [Order("u", midnight, 1), Order("u", midnight + 1 / DAY_MS, 10), Order("u", 0, 100)],
    )
    shop.write(client)
    fifteenth, fourteenth = of_days(0), of_days(1)
    assert by_channel(ask(since=fifteenth).brands["b"]) == {"n": 101}
    assert by_channel(ask(until=fourteenth).brands["b"]) == {"n": 10}
    assert by_channel(ask(since=fourteenth, until=fifteenth).brands["b"]) == {"n": 111}


def test_the_window_has_both_ends(client: Client, ask: Asked) -> None:
    shop = Shop([Touch("u", "n", "view", 7), Touch("u", "m", "view", 7 + 1 / DAY_MS)], [Order("u")])
    shop.write(client)
    assert by_channel(ask(lookback_days=7).brands["b"]) == {"n": 100}
    assert by_channel(ask(lookback_days=6).brands["b"]) == {"": 100}
    assert by_channel(ask(lookback_days=8).brands["b"]) == {"m": 50, "n": 50}


def test_what_led_to_a_payment_on_a_later_day_is_no_failure(client: Client, ask: Asked) -> None:
    touches = [Touch(user, "n", "view", 5) for user in "uvw"]
    Shop(touches, [Order("u", 4), Order("v", 0)]).write(client)
    [credit] = ask("markov", until=of_days(3)).brands["b"]
    assert credit == Credit("n", 1.0, 1.0, 100, 0)


def test_the_surface_of_a_touch_is_that_of_the_newest_view_before_it(
    client: Client, ask: Asked
) -> None:
    touches = [
        Touch("u", "n", "view", 40, "SEARCH"),
        Touch("u", "n", "save", 20),
        Touch("u", "n", "view", 10, "PROFILE"),
        Touch("u", "n", "click", 10),
        Touch("u", "n", "view", 9, "EXPLORE", too_late=True),
        Touch("u", "n", "save", 8),
        Touch("u", "m", "click", 3),
        Touch("v", "m", "view", 4, "FOLLOWING"),
    ]
    Shop(touches, [Order("u")]).write(client)
    found = by_channel(ask(by="surface").brands["b"])
    assert found == dict.fromkeys(("EXPLORE", "OTHER", "PROFILE", "SEARCH"), 25)


def test_money_that_cannot_be_divided_goes_to_the_smaller_name(client: Client, ask: Asked) -> None:
    touches = [Touch("u", note, "view", 1) for note in "xyz"]
    Shop(touches, [Order("u", 0, paid=200, refunded=100)]).write(client)
    for model in Model:
        credits = ask(model).brands["b"]
        assert by_channel(credits) == {"x": 67, "y": 67, "z": 66}
        assert by_channel(credits, "refunded_fen") == {"x": 34, "y": 33, "z": 33}
        assert by_channel(credits, "net_fen") == {"x": 33, "y": 34, "z": 33}


def test_a_brand_that_sold_only_without_touches(client: Client, ask: Asked) -> None:
    Shop([Touch("v", "n", "view", 1)], [Order("u", refunded=30)]).write(client)
    for model in Model:
        assert ask(model).brands == {"b": [Credit("", None, 1.0, 100, 30)]}


@pytest.mark.parametrize("model", ["markov", "shapley"])
def test_sub_orders_of_two_platforms_are_two(client: Client, ask: Asked, model: str) -> None:
    """They have one id, and are of one user."""
    Shop([Touch("u", "n", "view", 1)], [Order("u")]).write(client)
    for table in ("order_events", "conversions"):
        client.execute(f"INSERT INTO {table} SELECT * REPLACE('JD' AS platform) FROM {table}")
    [credit] = ask(model).brands["b"]
    assert (credit.sub_orders, credit.gross_fen) == (2, 200)


def test_notes_without_a_creator_are_counted(client: Client, ask: Asked) -> None:
    touches = [Touch("u", note, "view", 1) for note in "xyz"] + [Touch("v", "w", "view", 1)]
    Shop(touches, [Order("u")]).write(client)
    for model, notes, unknown in (("markov", "wxyz", "wy"), ("shapley", "xyz", "y")):
        found = ask(model, "creator", creators={"x": "c", "z": "c", "other": "d"})
        assert (found.notes, found.unknown) == (set(notes), set(unknown))
        assert by_channel(found.brands["b"]).keys() == {"c", "(unlisted)"}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (
            {"lookback_days": 31},
            "lookback_days is 31, but paths of these orders were stored with 30: give",
        ),
        ({"brand": "x"}, "There are no orders of brand x in these days: check --brand"),
        ({"until": of_days(9)}, "There are no orders in these days"),
        ({"since": of_days(1), "until": of_days(2)}, "is after --until"),
        ({"by": "creator"}, "--by creator and --creators FILE.csv go together"),
        ({"creators": {"n": "c"}}, "--by creator and --creators FILE.csv go together"),
    ],
)
def test_what_cannot_be_asked(
    client: Client, ask: Asked, asked: dict[str, object], says: str
) -> None:
    Shop([Touch("u", "n", "view", 1)], [Order("u")]).write(client)
    with pytest.raises(SettingsError, match=says):
        ask(**asked)


def test_too_many_channels_name_the_brand(
    client: Client, ask: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attribution.markov.MAX_CHANNELS", 1)
    Shop([Touch("u", note, "view", 1) for note in "mn"], [Order("u")]).write(client)
    with pytest.raises(SettingsError, match="Brand b: There are 2 channels, more than the 1 that"):
        ask("markov")


@pytest.mark.parametrize("model", Model)
def test_orders_of_crowded_users_stand_apart(client: Client, ask: Asked, model: str) -> None:
    """They are not organic, and what such a user did besides is no path that ends in null."""
    people = [Touch("u", "k", "view", 1), Touch("v", "k", "view", 1), Touch("v", "l", "view", 0.5)]
    bot = [Touch("bot", note, "view", days) for note in "kl" for days in (1, 40)]
    orders = [Order("u"), Order("organic", paid=7)]
    crowd = [Order("bot", paid=50, refunded=20, crowded=True), Order("bot", days=20, crowded=True)]
    Shop([*people, *bot], [*orders, *crowd]).write(client)
    found = ask(model).brands["b"]
    assert by_channel(found) == {"k": 100, "": 7, "(unknown)": 150}
    assert (found[-1].net_fen, found[-1].sub_orders, found[-1].removal_effect) == (130, 2, None)
    client.execute("TRUNCATE TABLE touches")
    Shop(people, []).write(client)
    assert ask(model).brands["b"] == found


@pytest.mark.parametrize("model", Model)
def test_orders_whose_touches_are_not_held_are_not_organic(
    client: Client, ask: Asked, model: str
) -> None:
    """As the view attribution has it, within the window that is asked for."""
    orders = [
        Order("u"),
        Order("v", paid=7),
        Order("u", paid=1, incomplete=True),
        Order("v", paid=30, refunded=10, incomplete=True),
        Order("w", paid=50, incomplete=True),
    ]
    Shop([Touch("u", "k", "view", 1), Touch("w", "l", "view", 9)], orders).write(client)
    for days, expected in (
        (30, {"k": 101, "l": 50, "": 7, "(unknown)": 30}),
        (7, {"k": 101, "": 7, "(unknown)": 80}),
    ):
        found = ask(model, lookback_days=days).brands["b"]
        assert {c.channel: c.gross_fen for c in found} == expected
        assert sum(c.refunded_fen for c in found if c.channel == "(unknown)") == 10
        in_view = client.execute(
            "SELECT if(kind = 'unknown', '(unknown)', note_id) AS channel, sum(gross_fen)"
            f" FROM attribution(model = 'last', lookback_days = {days}) GROUP BY channel"
        )
        assert dict(in_view) == expected


def test_a_brand_that_sold_to_crowds_alone(client: Client, ask: Asked) -> None:
    Shop([], [Order("bot", crowded=True)]).write(client)
    assert by_channel(ask("markov").brands["b"]) == {"(unknown)": 100}
    day_after = of_days(-1)
    Shop([], [Order("late", days=-2)]).write(client)
    assert "(unknown)" not in by_channel(ask("markov", since=day_after).brands["b"])
