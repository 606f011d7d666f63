"""`zhongcao report` on generated traffic: the page that it writes, and what it refuses."""

from pathlib import Path

import pytest
from cli.commands import Zhongcao

FOLDER = ("--embedded", "data")
BRAND = ("--brand", "brand-001")


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Zhongcao:
    """Events went through the whole pipeline."""
    zhongcao = Zhongcao(tmp_path_factory.mktemp("report"))
    zhongcao.ok("generate", "--events", "20000", "--output", "events.jsonl")
    zhongcao.ok("replay", "events.jsonl", "--format", "jsonl", *FOLDER)
    return zhongcao


def test_a_page_is_written(traffic: Zhongcao) -> None:
    assert traffic.ok("report", *BRAND, *FOLDER) == "report-brand-001.html\n"
    html = (traffic.folder / "report-brand-001.html").read_text(encoding="utf-8")
    [(last,)] = traffic.sql(
        "data", "SELECT ifNull(max(passed_day) + 1, max(newest_day)) FROM coverage_by_topic"
    )
    assert f" to {last}, " in html
    assert "windows: 30 days after viewing, 30 days before paying" in html


def test_days_window_and_file_are_chosen(traffic: Zhongcao, tmp_path: Path) -> None:
    days = (
        "--since",
        "2025-06-20",
        "--until",
        "2025-06-30",
        "--window-days",
        "7",
        "--lookback-days",
        "9",
    )
    file = tmp_path / "page.html"
    traffic.ok("report", *BRAND, *days, "--output", str(file), *FOLDER)
    html = file.read_text(encoding="utf-8")
    assert "2025-06-20 to 2025-06-30, 11 days" in html
    assert "windows: 7 days after viewing, 9 days before paying" in html
    [(viewers,)] = traffic.sql(
        "data",
        "SELECT uniqExact(user_id) FROM journey_steps(window_days = 7)"
        " WHERE brand_id = 'brand-001' AND entry_date BETWEEN '2025-06-20' AND '2025-06-30'",
    )
    assert f">{int(viewers):,}</b>" in html


def test_it_is_opened_in_the_browser(traffic: Zhongcao, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o700)
    done = traffic("report", *BRAND, *FOLDER, "--open", BROWSER=f"{browser} %s")
    assert done.returncode == 0, done.stderr
    opened = (tmp_path / "opened").read_text().strip()
    assert opened == (traffic.folder / "report-brand-001.html").resolve().as_uri()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((*BRAND, "--embedded", "nowhere"), "There is no folder nowhere"),
        (("--brand", "no/thing", *FOLDER), "There is nothing of brand no/thing in the database"),
        (
            (*BRAND, "--since", "2025-07-01", "--until", "2025-06-30", *FOLDER),
            "--since 2025-07-01 is after --until 2025-06-30",
        ),
        ((*BRAND, "--since", "2026-01-01", *FOLDER), "is after the newest event"),
        ((*BRAND, "--lookback-days", "31", *FOLDER), "paths were stored with 30 days"),
        ((*BRAND, "--output", "no/page.html", *FOLDER), "no/page.html cannot be written"),
    ],
)
def test_what_is_wrong_is_told(traffic: Zhongcao, args: tuple[str, ...], says: str) -> None:
    assert says in traffic.fails("report", *args, code=2)


def test_an_id_cannot_leave_the_folder(zhongcao: Zhongcao) -> None:
    brand = "../<script>/种草"
    view = (
        f'{{"topic": "note-views", "user_id": "u1", "note_id": "n1", "brand_id": "{brand}",'
        ' "occurred_at": 1750000000000, "surface": "SEARCH", "promoted": false}'
    )
    assert zhongcao("replay", "-", "--format", "jsonl", *FOLDER, stdin=view).returncode == 0
    assert zhongcao.ok("report", "--brand", brand, *FOLDER) == "report-.._script_种草.html\n"
    html = (zhongcao.folder / "report-.._script_种草.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert "../&lt;script&gt;/种草" in html
