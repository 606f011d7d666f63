"""Rows of `conversions`: each has its own path, which may be empty."""

import pytest

from streams.history import Payment, Touch
from streams.join import Conversion
from streams.kinds import Kind
from streams.rows import conversion_block

PAID = Payment(1_000, "s", "t", "o", "shop", "i", 2, None, False, 7)
VIEW, CLICK = Touch(1, Kind.VIEW, "n", "", "", 5), Touch(2, Kind.CLICK, "m", "c", "i", 6)


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
    rows = [Conversion("u", "b", PAID, True, path, False, True, 1 << 100) for path in paths]
    found = conversion_block(rows, 30).frame.to_dicts()
    for row, path in zip(found, paths, strict=True):
        assert row.pop("path.occurred_at") == [touch.occurred_at for touch in path]
        assert row.pop("path.kind") == [int(touch.kind) for touch in path]
        assert row.pop("path.note_id") == [touch.note_id for touch in path]
        assert row.pop("path.item_id") == [touch.item_id for touch in path]
        assert row.pop("path.click_id") == [touch.click_id for touch in path]
        assert row == {
            "user_id": "u",
            "brand_id": "b",
            "sub_order_id": "s",
            "order_id": "o",
            "shop_id": "shop",
            "item_id": "i",
            "quantity": 2,
            "click_id": None,
            "paid_at": 1_000,
            "direct": True,
            "lookback_days": 30,
            "path_truncated": False,
            "path_incomplete": True,
            "version": 1 << 100,
        }
