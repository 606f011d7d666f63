"""The figures of generated traffic agree with each other, and with what the tables say in other words."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from cli.commands import Zhongcao

from report.figures import Figures, figures_of
from sinks.ask import ask
from sinks.connection import ClickHouse
from sinks.tables import FULL, MODELS

SPANS = [
    (date(2025, 6, 5), date(2025, 6, 25), 7),
    (date(2025, 6, 15), date(2025, 7, 15), 30),
    (date(2025, 6, 20), date(2025, 6, 20), 1),
]

SOLD = """
SELECT count() AS sub_orders, sum(gross_fen) AS gross, sum(refunded_fen) AS refunded FROM sub_order_amounts
WHERE brand_id = %(brand)s AND toDate(paid_at) BETWEEN %(since)s AND %(until)s
"""
TOUCHED = """
SELECT countIf(arrayExists(t -> t >= paid_at - toIntervalSecond(86400 * %(days)s), path.occurred_at)) AS orders
FROM current_conversions
WHERE brand_id = %(brand)s AND toDate(paid_at) BETWEEN %(since)s AND %(until)s
"""
PEOPLE = """
SELECT
    uniqExact(user_id) AS viewers,
    uniqExactIf(user_id, ifNull(saved_at < over, false)) AS savers,
    uniqExactIf(user_id, ifNull(clicked_at < over, false)) AS clickers,
    uniqExactIf(user_id, ifNull(purchased_at < over, false)) AS buyers
FROM (SELECT *, toDateTime64(entry_date + 1 + %(days)s, 3, 'Asia/Shanghai') AS over FROM current_journeys)
WHERE brand_id = %(brand)s AND entry_date BETWEEN %(since)s AND %(until)s
"""


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    """Events went through the whole pipeline, and are served."""
    zhongcao = Zhongcao(tmp_path_factory.mktemp("traffic"))
    zhongcao.ok("generate", "--events", "30000", "--output", "events.jsonl")
    zhongcao.ok("replay", "events.jsonl", "--format", "jsonl", "--embedded", "data")
    with zhongcao.serving("data", "--port", "0", "--http-port", "0"):
        served = zhongcao.served("data")
        yield ClickHouse(
            port=int(served["ZHONGCAO_CLICKHOUSE_PORT"]),
            http_port=int(served["ZHONGCAO_CLICKHOUSE_HTTP_PORT"]),
            password=served["ZHONGCAO_CLICKHOUSE_PASSWORD"],
        )


@pytest.mark.parametrize("brand", ["brand-001", "brand-003"])
@pytest.mark.parametrize(("since", "until", "days"), SPANS)
def test_figures_agree(
    traffic: ClickHouse, brand: str, since: date, until: date, days: int
) -> None:
    found = figures_of(traffic, brand, since, until, days, 30)
    given = {"brand": brand, "since": since, "until": until, "days": days}
    agree_about_money(found, given, traffic)
    agree_about_people(found, given, traffic)
    assert {each.measure for each in found.differences} <= {
        "touches that were too late",
        "payments that were too late",
        "refunded_fen without a payment",
    }


def agree_about_money(found: Figures, given: dict[str, Any], clickhouse: ClickHouse) -> None:
    [sold] = ask(clickhouse, SOLD, given)
    total = found.total
    assert total.sub_orders >= found.sales.orders >= found.sales.payers >= bool(total.sub_orders)
    touched_net = total.net_fen - found.sold["organic"].net_fen
    assert found.sales.touched_net_fen == touched_net
    assert (total.sub_orders, total.gross_fen, total.refunded_fen) == tuple(sold.values())
    [touched] = ask(clickhouse, TOUCHED, given)
    assert found.within[-1] == touched["orders"]
    assert total.sub_orders - found.sold["organic"].sub_orders == touched["orders"]
    for model in (*MODELS, FULL):
        credited = sum(row.net_fen[model] for row in found.credits)
        if model == FULL:
            assert credited >= total.net_fen
        else:
            assert credited == total.net_fen
    organic = [row for row in found.credits if row.what == "organic"]
    assert sum(row.net_fen["last"] for row in organic) == found.sold["organic"].net_fen


def agree_about_people(found: Figures, given: dict[str, Any], clickhouse: ClickHouse) -> None:
    [people] = ask(clickhouse, PEOPLE, given)
    seen = found.people
    assert (seen.viewers, seen.savers, seen.clickers, seen.buyers) == tuple(people.values())
    assert seen.chain_clickers <= min(seen.savers, seen.clickers)
    assert seen.chain_buyers <= min(seen.chain_clickers, seen.buyers)
    assert found.window_over.viewers + found.opened.viewers == seen.viewers
    assert sum(day.viewers for day in found.entry_days) >= seen.viewers
    opened = [day for day in found.entry_days if day.is_open]
    over = timedelta(found.span.window_days)
    assert found.newest_day
    assert all(found.newest_day < day.day + over for day in opened)
    assert bool(opened) == bool(found.opened.viewers)
