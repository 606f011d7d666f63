"""Every text is there in both languages, and every text that is asked for is there."""

import re
from importlib.resources import files
from string import Formatter

import pytest

from report.figures import WAYS
from report.texts import FROM_VIEW, TEXTS, from_view, plain, say
from sinks.tables import FULL, MODELS
from sinks.views import load_views

SOURCES = "".join(
    (files("report") / name).read_text(encoding="utf-8")
    for name in ("page.html", "page.py", "charts.py")
)
#: What the view calls what it compares and finds, and its reasons.
[VIEW] = [view.query for view in load_views() if view.name == "reconciliation"]
SAID = re.findall(r"'([A-Z][a-z][^'\n]+ [^'\n]+\.)'", VIEW)
MEASURES = re.findall(r"'([a-z_]+[ -][a-z ]+)'", VIEW)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_say_the_same_values(key: str) -> None:
    en, zh = TEXTS[key]
    assert en.strip()
    assert zh.strip()
    assert fields(en) == fields(zh)
    assert not re.search("[\u4e00-\u9fff]", en)
    assert re.search("[\u4e00-\u9fff、（]", zh)


def test_each_is_used_and_what_is_used_is_there() -> None:
    named = {
        *MODELS,
        FULL,
        *(f"{model}_what" for model in MODELS),
        *WAYS,
        *(f"{way}_what" for way in WAYS),
    }
    asked = set(re.findall(r"(?:say|plain)\(\"(\w+)\"", SOURCES))
    asked |= {word for word in re.findall(r"\"(\w+)\"", SOURCES) if word in TEXTS}
    assert asked | named == set(TEXTS)


def test_values_are_escaped() -> None:
    shown = say("open_from", day="<b>")
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown


def test_a_title_has_both() -> None:
    assert plain("funnel") == "How far people go · 转化漏斗"


def test_everything_that_the_view_says_is_known_in_chinese() -> None:
    assert len(SAID) >= 5
    assert {text for text in SAID if text not in FROM_VIEW} == set()
    assert {"touches that were too late", "sub-orders"} <= set(MEASURES)
    assert {text for text in MEASURES if text not in FROM_VIEW} == set()


def test_what_the_view_says_is_shown_in_both_languages() -> None:
    assert '<span lang="zh">死信: undecodable</span>' in from_view("dead letters: undecodable")
    assert from_view("new <b>").count("new &lt;b&gt;") == 2
