"""The page as a browser shows it: on a phone and on a desk, in both languages, with nothing from outside."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browser import Chromium, byte_values, installed
from made import FIGURES, NOTHING, credit, figures

from report.page import page

LONG = "笔" * 30 + "W" * 34


@pytest.fixture
def chromium(tmp_path: Path) -> Chromium:
    program = installed()
    if program is None:
        pytest.skip("Chromium is not on this machine (Debian's package chromium)")
    return Chromium(program, tmp_path)


def check(seen: dict[str, Any], width: int) -> None:
    assert seen["en"]["headings"][0] == "At a glance"
    assert seen["zh"]["headings"][0] == "概览"
    for language, found in seen.items():
        assert found["languages"] == [language]
        assert len(found["headings"]) == len(set(found["headings"])) == 6
        assert found["width"] <= width
        assert found["cut"] == []
        assert found["overlapping"] == []
        assert found["smallest"] >= 13
        assert found["loaded"] == 0


@pytest.mark.parametrize("width", [390, 1200])
def test_it_fits_and_the_switch_works(chromium: Chromium, width: int) -> None:
    check(chromium.look(page(FIGURES), width), width)


def test_long_names_and_great_amounts_fit_on_a_phone(chromium: Chromium) -> None:
    great = replace(FIGURES.sold["direct"], gross_fen=98_765_432_100_00)
    given = figures(
        span=replace(FIGURES.span, brand=LONG),
        credits=[credit("note", LONG, 98_765_432_100_00)],
        sold=FIGURES.sold | {"direct": great},
    )
    check(chromium.look(page(given), 390), 390)


def test_days_without_anything_fit_too(chromium: Chromium) -> None:
    seen = chromium.look(page(replace(NOTHING, topics=FIGURES.topics)), 390)
    assert seen["en"]["width"] == seen["zh"]["width"] == 390


def test_there_is_something_to_see(chromium: Chromium) -> None:
    assert byte_values(chromium.screenshot("<!doctype html>")) < 10
    assert byte_values(chromium.screenshot(page(FIGURES))) > 100
