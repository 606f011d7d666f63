"""Charts: what they draw is what they were given."""

import re
from datetime import date, timedelta
from itertools import pairwise
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
    assert texts(chart, "en") == ["Viewed", "200", "25.0% of them are open", "Saved", "5025.0%"]  # fmt: skip
    assert texts(chart, "zh")[2] == "其中 25.0% 尚未结束"


def test_columns_are_as_tall_as_their_counts() -> None:
    days = [EntryDay(date(2025, 6, n), n, n - 1, n == 3) for n in (1, 2, 3)]
    chart = entry_days("by_day", days)
    tall = [float(mark["height"]) for mark in [*drawn(chart, "view"), *drawn(chart, "open")]]
    assert tall[0] / tall[1] == pytest.approx(1 / 2, abs=0.01)
    assert tall[1] / tall[2] == pytest.approx(2 / 3, abs=0.01)
    assert len(drawn(chart, "buy")) == 1
    assert len(drawn(chart, "open")) == 2
    assert drawn(chart, "bound")[0]["x1"] == "66.67%"
    assert "open from 06-03" in texts(chart, "en")


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


def boxes(chart: str, width_px: float) -> list[tuple[float, float, float, float]]:
    """Of each English label at a dot: left, right, top and bottom in px, in a plot of some width."""
    found = []
    for text in ElementTree.fromstring(chart).iter("text"):
        if text.get("class") == "mark halo" and text.get("lang") == "en":
            x = float(text.get("x", "").rstrip("%")) / 100 * width_px + float(text.get("dx", ""))
            long, foot = 7.5 * len(text.text or ""), float(text.get("y", ""))
            left = x if text.get("text-anchor") == "start" else x - long
            found.append((left, left + long, foot - 10, foot))
    return found


@pytest.mark.parametrize("width_px", [290, 760])
@pytest.mark.parametrize(
    "within",
    [
        FIGURES.within,
        [5] * 31,
        [0] * 25 + [1, 2, 8, 9, 9, 10],
        [3, 30, 40, 50, 55, 58, 60, 70, 80, 85, 88, 90, 95, 98, 100],
        [100 * n // 30 for n in range(31)],
        [60 * (n > 19) + n for n in range(31)],
    ],
)
def test_no_label_crosses_the_curve(within: list[int], width_px: float) -> None:
    chart = curve("time", within)
    last, whole = len(within) - 1, within[-1]
    points = [(width_px * n / last, 222 - 200 * count / whole) for n, count in enumerate(within)]
    for left, right, top, bottom in boxes(chart, width_px):
        assert bottom <= 222
        for (x0, y0), (x1, y1) in pairwise(points):
            for step in range(101):
                x, y = x0 + (x1 - x0) * step / 100, y0 + (y1 - y0) * step / 100
                assert not (left < x < right and top < y < bottom)


def test_the_numbers_of_the_scale_stand_beside_the_plot() -> None:
    root = ElementTree.fromstring(curve("time", FIGURES.within))
    beside = [child.text for child in root if child.tag == "text"]
    assert beside == ["25%", "50%", "75%", "100%"]
    [plot] = [child for child in root if child.tag == "svg"]
    assert plot.get("class") == "beside"
    assert plot.findall(".//polyline")
