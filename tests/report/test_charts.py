"""Charts: what they draw is what they were given."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from made import FIGURES
from markupsafe import Markup

from report.charts import Bar, bars, curve, entry_days
from report.figures import EntryDay


def drawn(chart: Markup, kind: str) -> list[dict[str, str]]:
    """Attributes of the marks of a kind, in order."""
    return [dict(e.attrib) for e in ElementTree.fromstring(chart).iter() if e.get("class") == kind]


def texts(chart: Markup, language: str) -> list[str]:
    found = ElementTree.fromstring(chart).iter("text")
    return ["".join(e.itertext()) for e in found if e.get("lang") in (None, language)]


def test_a_bar_is_as_long_as_its_share_and_what_is_open_is_hatched() -> None:
    chart = bars(
        "funnel",
        [
            Bar("viewed", "200", "", 1, "view", "open_part", "25.0%", open_share=0.25),
            Bar("saved", "50", "25.0%", 0.25, "save"),
        ],
    )
    assert [mark["width"] for mark in drawn(chart, "view")] == ["75.000%"]
    [opened] = drawn(chart, "open")
    assert (opened["x"], opened["width"]) == ("75.000%", "25.000%")
    assert [mark["width"] for mark in drawn(chart, "save")] == ["25.000%"]
    assert texts(chart, "en") == ["Viewed", "200", "25.0% of them: window not over", "Saved", "5025.0%"]  # fmt: skip
    assert texts(chart, "zh")[2] == "其中 25.0% 窗口未结束"


def test_columns_are_as_tall_as_their_counts() -> None:
    days = [EntryDay(date(2025, 6, n), n, n - 1, n == 3) for n in (1, 2, 3)]
    chart = entry_days("by_day", days)
    tall = [float(mark["height"]) for mark in [*drawn(chart, "view"), *drawn(chart, "open")]]
    assert tall[0] / tall[1] == pytest.approx(1 / 2, abs=0.01)
    assert tall[1] / tall[2] == pytest.approx(2 / 3, abs=0.01)
    assert len(drawn(chart, "buy")) == 1
    assert len(drawn(chart, "open")) == 2
    assert drawn(chart, "bound")[0]["x1"] == "66.67%"
    assert "not over from 06-03" in texts(chart, "en")


@pytest.mark.parametrize("number", [1, 2, 31, 366])
def test_ticks_fit_any_number_of_days(number: int) -> None:
    days = [EntryDay(date(2024, 1, 1) + timedelta(n), 5, 1, True) for n in range(number)]
    chart = entry_days("by_day", days)
    ticks = [text for text in texts(chart, "en") if re.fullmatch(r"\d\d-\d\d", text)]
    assert ticks[0] == "01-01"
    assert ticks[-1] == f"{days[-1].day:%m-%d}"
    assert len(ticks) <= 8
    assert not drawn(chart, "bound")


def test_the_curve_goes_through_its_shares() -> None:
    chart = curve("time", FIGURES.within)
    [line] = drawn(chart, "line")
    assert line["points"] == "0.00,100.00 33.33,50.00 66.67,25.00 100.00,0.00"
    assert [text for text in texts(chart, "en") if " d: " in text] == ["1 d: 50.0%", "3 d: 100%"]
    assert "1 天：50.0%" in texts(chart, "zh")


@pytest.mark.parametrize(
    "within",
    [[0, 1], [1, 1], [0] * 7 + [1], [5] * 31, [0] * 90 + [3], list(range(91))],
)
def test_a_curve_of_any_window_ends_at_its_top(within: list[int]) -> None:
    chart = curve("time", within)
    last = len(within) - 1
    assert drawn(chart, "line")[0]["points"].endswith("100.00,0.00")
    assert f"{last} d: 100%" in texts(chart, "en")


def test_every_chart_is_told_to_who_does_not_see_it() -> None:
    for chart in (
        bars("funnel", [Bar("viewed", "200", "", 1, "view")]),
        entry_days("by_day", FIGURES.entry_days),
        curve("time", FIGURES.within),
    ):
        root = ElementTree.fromstring(chart)
        assert root.get("role") == "img"
        assert [child.tag for child in root[:2]] == ["title", "desc"]
        assert all(child.text for child in root[:2])
