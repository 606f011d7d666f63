"""The page: complete, closed, and with every character of the data escaped."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest
from made import FIGURES, NOTHING, SHANGHAI, UNTIL, credit, figures

from report.amounts import yuan
from report.figures import Difference, Figures, People, Span
from report.page import page

NASTY = '<script>alert("1")</script>&\'\u202e种草'
VOID = {"meta", "input"}


class Tags(HTMLParser):
    """Checks that tags are closed in order, and keeps what they have."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.names: set[str] = set()
        self.feed(html)
        self.close()
        assert self.opened == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag


@pytest.mark.parametrize("given", [FIGURES, NOTHING], ids=["something", "nothing"])
def test_it_is_well_formed_and_loads_nothing(given: Figures) -> None:
    html = page(given)
    tags = Tags(html)
    assert not tags.names & {"script", "link", "img", "iframe", "object", "base", "form"}
    assert not [a for a in tags.attributes if a[1] in ("src", "href", "srcset", "action")]
    assert not [a for a in tags.attributes if a[1].startswith("on")]
    assert not re.search(r"https?://|@import|//\w|url\((?!#)", html)
    assert "default-src 'none'; style-src 'unsafe-inline'" in html


def test_both_languages_are_in_it() -> None:
    html = page(FIGURES)
    assert html.count('lang="zh"') == html.count('lang="en"') - 1  # that of the document
    assert "Window not over yet, not drop-off" in html
    assert "窗口尚未结束，并非流失" in html


def test_what_comes_from_data_is_escaped() -> None:
    html = page(
        figures(
            span=replace(FIGURES.span, brand=NASTY),
            credits=[credit("note", NASTY, 1)],
            topics=[replace(FIGURES.topics[0], topic=NASTY)],
            differences=[Difference(NASTY, NASTY, 0, 1, NASTY)],
        )
    )
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;&amp;&#39;") > 10
    Tags(html)


def test_amounts_are_whole_fen_and_sums_are_what_was_sold() -> None:
    html = page(FIGURES)
    net = FIGURES.total.net_fen
    assert (net, yuan(net)) == (1_599_951, "¥15,999.51")
    assert "Under each of the six models the column adds up to ¥15,999.51" in html
    assert "1.63 times what was sold" in html


def test_columns_that_do_not_agree_are_told() -> None:
    html = page(figures(credits=FIGURES.credits[:-1]))
    assert "The columns do not all add up to ¥15,999.51" in html


def test_each_section_names_its_view_and_window() -> None:
    html = page(FIGURES)
    for view in (
        *("journey_steps", "direct_and_halo", "credits_by_model", "order_paths", "reconciliation"),
    ):
        assert f"<code>{view}(lookback_days = 3)</code>" in html
    assert "<code>coverage</code>" in html
    assert "<code>freshness</code>" in html
    assert "Made 2025-06-11 09:30" in html
    assert "window of 3 days" in html


def test_open_windows_are_no_drop_off() -> None:
    assert "534 of 1,234 viewers (43.3%)" in page(FIGURES)
    closed = page(figures(open_viewers=0))
    assert "not drop-off" not in closed
    assert "Every window is over" in closed


def test_days_without_anything_say_so() -> None:
    html = page(NOTHING)
    assert "Nobody viewed a note on these days." in html
    assert html.count("Nothing was paid on these days.") == 2
    assert "Nothing was sold on these days after a touch." in html
    assert "No worker has told how far it has come" in html
    assert "All 619 comparisons with the events are equal." in html


@pytest.mark.parametrize(
    ("measure", "sentence"),
    [
        ("touches that were too late", "What takes part in less than the rest"),
        ("dead letters: undecodable", "Dead letters belong to no brand"),
        ("net_fen", "others are not. What differs, and why"),
    ],
)
def test_differences_are_explained_or_not(measure: str, sentence: str) -> None:
    assert sentence in page(figures(differences=[Difference(measure, "x", 1, 2, "why")]))


@pytest.mark.parametrize(
    ("until", "sentence"),
    [(0, "The events of these days are complete"), (-1, "Complete until 2025-06-10 23:59")],
)
def test_what_can_still_change_is_told(until: int, sentence: str) -> None:
    midnight = datetime(UNTIL.year, UNTIL.month, UNTIL.day, tzinfo=SHANGHAI) + timedelta(days=1)
    topic = replace(FIGURES.topics[0], complete_until=midnight + timedelta(minutes=until))
    assert sentence in page(figures(topics=[topic]))


def test_more_refunds_than_payments() -> None:
    loss = replace(FIGURES.sold["direct"], refunded_fen=9_000_000)
    html = page(figures(sold=FIGURES.sold | {"direct": loss}, credits=[credit("note", "n", -5)]))
    assert "-¥72,999.99" in html
    assert "its column may add up to more" in html
    assert "width:-" not in html


def test_a_window_of_no_days() -> None:
    span = Span("b", UNTIL, UNTIL, 0)
    html = page(figures(span=span, within=[4], people=People(1, 0, 0, 0, 0, 0), open_viewers=1))
    assert "window of 0 days" in html
    assert "Nothing was sold on these days after a touch." in html
