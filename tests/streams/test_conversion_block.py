"""Rows of `conversions`: each has its own path, which may be empty."""

from typing import Any

import pytest

from streams.history import Payment, Touch
from streams.join import Conversion
from streams.kinds import Kind
from streams.rows import conversion_block

PAID = Payment(1_000, "TAOBAO", "s", "t", "o", "shop", "i", 2, None)
VIEW = Touch(1, Kind.VIEW, "n", "", "", True, "SEARCH")
CLICK = Touch(2, Kind.CLICK, "m", "c", "i")


@pytest.mark.parametrize(
    "paths",
    [
        [()],
        [(), ()],
        [(VIEW, CLICK)],
        [(VIEW,), (CLICK, VIEW)],
        [(), (VIEW, CLICK), (), (CLICK,), ()],
    ],
)
def test_each_row_has_its_own_path(paths: list[tuple[Touch, ...]]) -> None:
    rows = [Conversion("u", "b", PAID, 1, None, path, False, True, 1 << 100) for path in paths]
    found = conversion_block(rows, 30).frame.to_dicts()
    for row, path in zip(found, paths, strict=True):
        assert row.pop("path.occurred_at") == [touch.occurred_at for touch in path]
        assert row.pop("path.kind") == [int(touch.kind) for touch in path]
        assert row.pop("path.note_id") == [touch.note_id for touch in path]
        assert row.pop("path.item_id") == [touch.item_id for touch in path]
        assert row.pop("path.click_id") == [touch.click_id for touch in path]
        assert row.pop("path.promoted") == [touch.promoted for touch in path]
        assert row.pop("path.surface") == [touch.surface or "OTHER" for touch in path]
        assert row == {
            "user_id": "u",
            "brand_id": "b",
            "platform": "TAOBAO",
            "sub_order_id": "s",
            "order_id": "o",
            "shop_id": "shop",
            "item_id": "i",
            "quantity": 2,
            "click_id": None,
            "paid_at": 1_000,
            "newest_click_at": 1,
            "newest_item_click_at": None,
            "lookback_days": 30,
            "path_truncated": False,
            "path_incomplete": True,
            "version": 1 << 100,
        }


def test_saves_and_clicks_are_of_the_traffic_of_the_latest_view_before_them() -> None:
    def view(at: int, note: str, *traffic: Any) -> Touch:
        return Touch(at, Kind.VIEW, note, "", "", *traffic)

    def save(at: int, note: str) -> Touch:
        return Touch(at, Kind.SAVE, note, "", "")

    path = (
        save(0, "n"),
        view(1, "n", True, "SEARCH"),
        view(1, "m", False, "EXPLORE"),
        save(1, "n"),
        view(2, "n", False, "PROFILE"),
        Touch(3, Kind.CLICK, "n", "c", "i"),
        Touch(4, Kind.CLICK, "m", "d", "i"),
        save(5, "o"),
    )
    other = (save(6, "n"), save(7, "m"))
    rows = [Conversion("u", "b", PAID, 1, None, some, False, False, 1) for some in (path, other)]
    frame = conversion_block(rows, 30).frame
    surfaces, promoted = frame["path.surface"].to_list(), frame["path.promoted"].to_list()
    assert surfaces[0] == [
        *("OTHER", "SEARCH", "EXPLORE", "SEARCH", "PROFILE", "PROFILE", "EXPLORE", "OTHER")
    ]
    assert promoted[0] == [False, True, False, True, False, False, False, False]
    assert (surfaces[1], promoted[1]) == (["OTHER"] * 2, [False] * 2)
