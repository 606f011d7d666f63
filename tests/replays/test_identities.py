"""Every number agrees with every other, under every model and several windows, on generated and on public data."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.commands import Zhongcao

SAMPLE = Path(__file__).parents[3] / "shared/data/taobao-user-behavior-100k.csv.gz"

#: They say what takes part in less than the rest; whatever else differs is wrong.
EXPLAINED = (
    "touches that were too late",
    "payments that were too late",
    "sub-orders that lack touches",
    "refunded_fen without a payment",
)
WINDOWS_DAYS = (0, 1, 7, 15, 30)

DIFFERING = """
SELECT measure, found_in, sum(difference), any(reason) FROM reconciliation(lookback_days = {days})
WHERE difference != 0 GROUP BY measure, found_in ORDER BY ALL
"""

#: Sub-orders whose credits do not add up to them, to the fen.
UNEQUAL = """
SELECT count() FROM
(
    SELECT brand_id, sub_order_id, model, sum(gross_fen) AS gross, sum(refunded_fen) AS refunded, sum(net_fen) AS net
    FROM credits_by_model(lookback_days = {days}) WHERE model != 'full'
    GROUP BY brand_id, sub_order_id, model
) AS c
FULL JOIN (SELECT * FROM sub_order_amounts WHERE paid_at IS NOT NULL) AS o USING (brand_id, sub_order_id)
WHERE gross != gross_fen OR refunded != refunded_fen OR net != net_fen
"""

MONEY = "SELECT sum(gross_fen), sum(refunded_fen), sum(net_fen)"
SHOP = f"{MONEY} FROM sub_order_amounts WHERE paid_at IS NOT NULL"
SUMS = [
    f"{MONEY} FROM paths(lookback_days = {{days}})",
    f"{MONEY} FROM direct_and_halo(lookback_days = {{days}})",
    f"{MONEY} FROM attribution(model = 'time_decay', lookback_days = {{days}})",
]

BRIDGES = """
SELECT countIf(step = 6), sumIf(amount_fen, step < 6) - sumIf(amount_fen, step = 6)
FROM bridge(model = 'position', lookback_days = {days}, platform_days = 15, platform_day = '{day}',
    since = '2000-01-01', until = '2099-12-31')
"""


@pytest.fixture(scope="module", params=["generated", "taobao"])
def data(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Zhongcao]:
    """A folder with traffic, some of it too late, that is being served."""
    zhongcao = Zhongcao(tmp_path_factory.mktemp(request.param))
    file, form = "events.jsonl", "jsonl"
    if request.param == "generated":
        zhongcao.ok("generate", "--events", "20000", "--seed", "5", "--output", file)
    else:
        file, form = str(SAMPLE), "taobao-userbehavior"
        if not SAMPLE.exists():
            pytest.skip(f"the sample {SAMPLE.name} is not here")
    zhongcao.ok("replay", file, "--format", form, "--embedded", "data")
    with zhongcao.serving("data", "--port", "0", "--http-port", "0"):
        yield zhongcao


@pytest.mark.parametrize("days", WINDOWS_DAYS)
def test_all_that_differs_has_its_reason(data: Zhongcao, days: int) -> None:
    rows = data.sql("data", DIFFERING.format(days=days))
    assert {measure for measure, *_ in rows} <= {*EXPLAINED}
    assert all(reason for *_, reason in rows)


@pytest.mark.parametrize("days", WINDOWS_DAYS)
def test_credits_add_up_to_each_order(data: Zhongcao, days: int) -> None:
    assert data.sql("data", UNEQUAL.format(days=days)) == [("0",)]


@pytest.mark.parametrize("days", WINDOWS_DAYS)
def test_every_sum_is_what_the_shop_sold(data: Zhongcao, days: int) -> None:
    sold = data.sql("data", SHOP)
    for query in SUMS:
        assert data.sql("data", query.format(days=days)) == sold


@pytest.mark.parametrize("day", ["touch", "payment"])
def test_bridges_lead_to_the_figure_of_the_platform(data: Zhongcao, day: str) -> None:
    for days in WINDOWS_DAYS:
        [(brands, gap)] = data.sql("data", BRIDGES.format(days=days, day=day))
        assert int(brands) > 0
        assert gap == "0"
