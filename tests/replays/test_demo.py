"""The demo: one command, and notes have turned into purchases."""

import re
from pathlib import Path

from cli.commands import Zhongcao


def test_it_shows_the_funnel_paths_and_where_the_data_is(zhongcao: Zhongcao) -> None:
    shown = zhongcao.ok("demo", "--events", "20000", "--embedded", "here")
    assert "Funnel of the ten notes most viewed" in shown
    assert "of them organic" in " ".join(shown.split())
    assert "sql --embedded here" in shown
    [(viewers, buyers)] = zhongcao.sql(
        "here",
        "SELECT uniqExact(user_id), uniqExactIf(user_id, purchased_at IS NOT NULL)"
        " FROM current_journeys",
    )
    assert int(viewers) > int(buyers) > 0


def test_it_can_be_repeated(zhongcao: Zhongcao) -> None:
    shown = [zhongcao.ok("demo", "--events", "2000") for _ in range(2)]
    assert "2,000 messages in" in shown[0]
    first, second = (re.sub(r"in \d+ s:", "", each) for each in shown)
    assert first == second


def test_its_sums_add_up_and_end_with_what_the_notes_earned(zhongcao: Zhongcao) -> None:
    shown = " ".join(zhongcao.ok("demo", "--events", "5000", "--embedded", "here").split())
    sums = re.search(
        r"([\d,]+) messages in \d+ s: ([\d,]+) touches, ([\d,]+) unsaves, ([\d,]+) order lines,"
        r" ([\d,]+) delivered again, ([\d,]+) dead letters",
        shown,
    )
    assert sums
    messages, *parts = (int(each.replace(",", "")) for each in sums.groups())
    assert messages == sum(parts)
    assert all(parts[:4])

    [(brand, fen, touched)] = zhongcao.sql(
        "here",
        "SELECT brand_id, sum(net_fen) AS net, sumIf(net_fen, via != 'organic')"
        " FROM direct_and_halo(lookback_days = 30) GROUP BY brand_id ORDER BY net DESC LIMIT 1",
    )
    sold = f"{brand} sold ¥{int(fen) / 100:,.2f} net, {int(touched) / int(fen):.0%} of it to people"
    assert sold in shown
    assert "explain" in shown
    assert f"report --brand {brand}" in shown


def test_traffic_without_orders(zhongcao: Zhongcao) -> None:
    assert "The data lies in" in zhongcao.ok("demo", "--events", "20")


def test_it_deletes_only_what_a_demo_made(zhongcao: Zhongcao, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    sentence = zhongcao.fails("demo", "--embedded", "mine", code=2)
    assert "holds something that no demo made" in sentence
    assert (tmp_path / "mine/thesis.txt").exists()


def test_it_deletes_nothing_that_is_served(zhongcao: Zhongcao, tmp_path: Path) -> None:
    with zhongcao.serving("data", "--port", "0", "--http-port", "0"):
        (tmp_path / "data/.zhongcao-demo").touch()
        sentence = zhongcao.fails("demo", "--events", "100", "--embedded", "data", code=2)
        assert "data is in use by process" in sentence
        assert zhongcao.sql("data", "SELECT count() FROM current_touches") == [("0",)]
