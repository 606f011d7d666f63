"""The page: complete, closed, and with every character of the data escaped."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest
from made import FIGURES, NOTHING, SHANGHAI, UNTIL, credit, figures

from report.amounts import yuan
from report.figures import Difference, Figures, Late, Opened, People, Sales, Span
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
    assert "Not over yet, not drop-off" in html
    assert "尚未结束，并非流失" in html


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
    for view in (*("direct_and_halo", "credits_by_model", "order_paths", "reconciliation"),):
        assert f"<code>{view}(lookback_days = 3)</code>" in html
    assert "<code>journey_steps(window_days = 3)</code>" in html
    assert "<code>coverage</code>" in html
    assert "<code>freshness</code>" in html
    assert "Made 2025-06-11 09:30" in html
    assert "All topics have passed 2025-06-09." in html
    assert "windows: 3 days after viewing, 3 days before paying" in html


def test_where_no_day_was_passed_it_says_so() -> None:
    html = page(figures(newest_day=None))
    assert "No day has been passed by all topics yet" in html
    assert "尚无所有主题均已完成的日期" in html
    assert "All topics have passed" not in html


def test_open_windows_are_no_drop_off() -> None:
    html = page(FIGURES)
    assert "534 of 1,234 viewers (43.3%)" in html
    assert html.count("43.3%") == 6
    assert "open for saves of 300, clicks of 400, purchases of 534." in html
    assert html.index("can only grow") < html.index("Each step by itself")
    closed = page(figures(opened=Opened()))
    assert "not drop-off" not in closed
    assert "Nobody is open" in closed


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
    [(0, "The events of these days are complete"), (-1, "On time until 2025-06-10 23:59")],
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
    span = Span("b", UNTIL, UNTIL, 0, 0)
    html = page(figures(span=span, within=[4], people=People(1), opened=Opened(1)))
    assert "windows: 0 days after viewing" in html
    assert "Nothing was sold on these days after a touch." in html


def test_each_card_counts_one_population() -> None:
    html = page(FIGURES)
    sold, viewed = (
        html.index("What was paid on these days, by anybody"),
        html.index("People who viewed on these days"),
    )
    for card in ("Touched net", "Payers", "Orders", "Sub-orders", "Organic share of sub-orders"):
        assert sold < html.index(f'lang="en">{card}<') < viewed
    for card in ("Viewers", "Of them, buyers"):
        assert viewed < html.index(f'lang="en">{card}<')
    assert "¥13,999.50" in html
    assert "87.5% of net, after a touch" in html


def test_what_can_still_be_refunded_and_what_is_not_known_is_told() -> None:
    html = page(FIGURES)
    assert "25.0% of gross was paid so recently" in html
    assert "5.0% of the sub-orders were paid less than 3 days after 2025-06-01" in html
    assert "One of the topics begins on" not in html
    sound = page(figures(sales=Sales(31, 35, 1), begun_day=UNTIL))
    assert "paid so recently" not in sound
    assert "were paid less than" not in sound
    assert "One of the topics begins on 2025-06-10" in sound


def test_late_events_are_told_by_topic() -> None:
    html = page(figures(late=[Late("link-clicks", 200, 3)]))
    assert "<code>link-clicks</code></th><td>200</td><td>3</td><td>1.5%</td>" in html
