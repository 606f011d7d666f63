"""The benchmark of queries asks what it says, of rows that are what they look like."""

from collections.abc import Iterator

import pytest
from clickhouse_driver import Client

from bench.queries import QUESTIONS, fill, given
from sinks.connection import ClickHouse


@pytest.fixture
def filled(fresh_database: ClickHouse) -> Iterator[Client]:
    with fresh_database.client() as client:
        fill(client, journeys=20_000, conversions=4_000)
        yield client


def test_every_question_has_an_answer(filled: Client) -> None:
    for question in QUESTIONS:
        for drawn in given(2):
            assert filled.execute(question.query, drawn | {"brand": "brand-001"}), question.name


def test_the_rows_are_as_many_and_fit_together(filled: Client) -> None:
    assert filled.execute("SELECT count() FROM current_conversions") == [(4_000,)]
    [(journeys,)] = filled.execute("SELECT count() FROM current_journeys")
    assert 19_500 < journeys <= 20_000
    asked = (
        "SELECT count() FROM reconciliation(lookback_days = 30)"
        " WHERE difference != 0 AND measure IN ('sub-orders', 'gross_fen', 'refunded_fen', 'net_fen')"
    )
    assert filled.execute(asked) == [(0,)]


def test_brands_differ_in_size(filled: Client) -> None:
    sizes = filled.execute("SELECT count() FROM current_journeys GROUP BY brand_id ORDER BY 1 DESC")
    assert sizes[0][0] > 20 * sizes[len(sizes) // 2][0]
