"""What a run leaves in ClickHouse: each once, the newest, whole."""

from collections.abc import Iterator
from datetime import date

import pytest
from clickhouse_driver import Client
from shop import Order, Shop, Touch, of_days

from attribution.question import Dimension, Model, Question
from attribution.runs import run
from sinks.connection import ClickHouse

WRITTEN = """
SELECT brand_id, channel, removal_effect, sub_orders, gross_fen, refunded_fen, net_fen
FROM current_modelled_credits ORDER BY ALL
"""


@pytest.fixture
def client(fresh_database: ClickHouse) -> Iterator[Client]:
    with fresh_database.client() as client:
        yield client


def question(
    model: Model = Model.MARKOV,
    by: Dimension = Dimension.NOTE,
    brand: str | None = None,
    since: date | None = None,
    until: date | None = None,
    lookback_days: int = 30,
) -> Question:
    return Question(model, by, brand, since, until, lookback_days)


def two_brands(client: Client) -> None:
    touches = [Touch("u", note, "view", 1, brand=brand) for brand in "bc" for note in "mn"]
    Shop(touches, [Order("u", brand=brand, refunded=1) for brand in "bc"]).write(client)


def test_a_run_is_read_back_through_the_view(client: Client, fresh_database: ClickHouse) -> None:
    two_brands(client)
    run(fresh_database, question(since=of_days(2)))
    assert client.execute(WRITTEN) == [
        (brand, note, 1.0, 0.5, 50, refunded, 50 - refunded)
        for brand in "bc"
        for note, refunded in (("m", 1), ("n", 0))
    ]
    parameters = "model, dimension, lookback_days, since, until"
    assert client.execute(f"SELECT DISTINCT {parameters} FROM current_modelled_credits") == [
        ("markov", "note", 30, of_days(2), None)
    ]
    [(age,)] = client.execute(
        "SELECT DISTINCT now64(3) - computed_at < 60 FROM current_modelled_credits"
    )
    assert age


@pytest.mark.parametrize("model", Model)
def test_a_repeated_run_doubles_nothing(
    client: Client, fresh_database: ClickHouse, model: Model
) -> None:
    two_brands(client)
    run(fresh_database, question(model))
    once = client.execute(WRITTEN)
    run(fresh_database, question(model))
    assert client.execute(WRITTEN) == once
    client.execute("OPTIMIZE TABLE modelled_credits FINAL")
    assert client.execute("SELECT count() FROM modelled_credits") == [(2,)]
    assert client.execute(WRITTEN) == once


def test_channels_and_brands_that_are_gone_are_gone(
    client: Client, fresh_database: ClickHouse
) -> None:
    two_brands(client)
    run(fresh_database, question())
    client.execute(
        "ALTER TABLE conversions DELETE WHERE brand_id = 'c' SETTINGS mutations_sync = 2"
    )
    client.execute(
        "INSERT INTO conversions SELECT * REPLACE (['n'] AS `path.note_id`, ['view'] AS `path.kind`, ['i'] AS"
        " `path.item_id`, ['c'] AS `path.click_id`, [paid_at] AS `path.occurred_at`,"
        " [false] AS `path.promoted`, ['OTHER'] AS `path.surface`, 2 AS version) FROM conversions"
    )
    run(fresh_database, question())
    assert client.execute(WRITTEN) == [("b", "n", 1.0, 1.0, 100, 1, 99)]


def test_a_run_of_one_brand_replaces_that_of_all(
    client: Client, fresh_database: ClickHouse
) -> None:
    two_brands(client)
    run(fresh_database, question())
    of_all = client.execute(WRITTEN)
    run(fresh_database, question(brand="c"))
    assert client.execute(WRITTEN) == of_all


def test_other_parameters_are_other_runs(client: Client, fresh_database: ClickHouse) -> None:
    two_brands(client)
    asked = [
        question(),
        question(Model.SHAPLEY),
        question(by=Dimension.KIND),
        question(since=of_days(3)),
        question(until=of_days(0)),
        question(lookback_days=7),
    ]
    for each in (*asked, *asked):
        run(fresh_database, each)
    name = "model, dimension, lookback_days, since, until"
    by_run = client.execute(f"SELECT sum(gross_fen) FROM current_modelled_credits GROUP BY {name}")
    assert by_run == [(200,)] * len(asked)


def test_an_older_run_that_ends_later_does_not_win(
    client: Client, fresh_database: ClickHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_brands(client)
    run(fresh_database, question())
    newest = client.execute("SELECT DISTINCT computed_at FROM current_modelled_credits")
    monkeypatch.setattr("attribution.paths.Paths.now_ms", lambda paths: 1_000)
    run(fresh_database, question())
    assert client.execute("SELECT DISTINCT computed_at FROM current_modelled_credits") == newest
