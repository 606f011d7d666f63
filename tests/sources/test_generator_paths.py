"""Touches lead to each other and to orders, in that order."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from sources.generator import Traffic

Record = dict[str, Any]
Times = dict[tuple[str, str], list[int]]
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def times_by(records: list[Record], field: str) -> Times:
    """Ascending times by user and another field."""
    times: Times = defaultdict(list)
    for record in records:
        times[record["user_id"], record[field]].append(record["occurred_at"])
    return times


@pytest.fixture(scope="module")
def organic(
    views: list[Record],
    saves: list[Record],
    clicks: list[Record],
    sub_orders: dict[str, list[Record]],
) -> dict[str, bool]:
    """By sub-order: whether nothing touched its user in the 30 days before it was paid."""
    touches = views + clicks + [save for save in saves if save["action"] == "SAVE"]
    touched = times_by(sorted(touches, key=lambda touch: touch["occurred_at"]), "brand_id")
    found = {}
    for name, (first, *_) in sub_orders.items():
        times = touched[first["user_id"], first["brand_id"]]
        paid_at = first["occurred_at"]
        found[name] = bisect_left(times, paid_at - 30 * DAY) == bisect_right(times, paid_at)
    return found


def test_saves_and_clicks_follow_a_view_of_the_note(
    views: list[Record], saves: list[Record], clicks: list[Record]
) -> None:
    viewed = times_by(views, "note_id")
    for touch in saves + clicks:
        assert viewed[touch["user_id"], touch["note_id"]][0] <= touch["occurred_at"]


def test_an_unsave_follows_its_save(saves: list[Record]) -> None:
    saved = times_by([save for save in saves if save["action"] == "SAVE"], "note_id")
    for unsave in (save for save in saves if save["action"] == "UNSAVE"):
        assert saved[unsave["user_id"], unsave["note_id"]][0] < unsave["occurred_at"]


def test_each_step_of_the_funnel_is_rarer(
    views: list[Record], saves: list[Record], clicks: list[Record]
) -> None:
    viewed, saved = times_by(views, "note_id"), times_by(saves, "note_id")
    clicked = times_by(clicks, "note_id")
    chain = [pair for pair in saved if pair in clicked and clicked[pair][-1] >= saved[pair][0]]
    assert len(viewed) > 5 * len(saved) > 5 * len(chain) > 0


def test_organic_orders_have_no_touch_and_the_others_do(
    traffic: Traffic, organic: dict[str, bool]
) -> None:
    share = sum(organic.values()) / len(organic)
    assert share == pytest.approx(traffic.organic_share, rel=0.1)


def test_an_order_with_a_click_id_is_for_the_clicked_item(
    clicks: list[Record], sub_orders: dict[str, list[Record]], organic: dict[str, bool]
) -> None:
    by_id = {click["click_id"]: click for click in clicks}
    delays = []
    for name, (first, *_) in sub_orders.items():
        if first["click_id"] is None:
            continue
        click = by_id[first["click_id"]]
        same = ("user_id", "brand_id", "item_id")
        assert [click[field] for field in same] == [first[field] for field in same]
        assert not organic[name]
        delays.append(first["occurred_at"] - click["occurred_at"])
    assert min(delays) > 0
    assert max(delays) <= 28 * DAY
    low, median, high = np.quantile(delays, [0.05, 0.5, 0.95])
    assert low < 10 * MINUTE
    assert 20 * MINUTE < median < 6 * HOUR
    assert high > 12 * HOUR


def test_saving_takes_seconds(views: list[Record], saves: list[Record]) -> None:
    viewed = times_by(views, "note_id")
    delays = [
        save["occurred_at"] - viewed[save["user_id"], save["note_id"]][0]
        for save in saves
        if save["action"] == "SAVE"
    ]
    assert 10_000 < np.median(delays) < 40_000
