"""The table `touches`: an event is one row, however often and in whatever order it is delivered.

Defined in docs/definitions.md §1.3, §1.6.
"""

from datetime import date
from itertools import permutations

import pytest
from sink_rows import T0, block


def test_the_same_touch_again_is_one_row(writer, query):
    for _ in range(3):
        writer.insert(block("touches", {}, {}))
    assert query("SELECT count() FROM current_touches") == [(1,)]


@pytest.mark.parametrize("order", list(permutations([5, 7, 9])))
def test_the_first_delivery_stands_in_any_order(writer, query, order):
    for published_at in order:
        writer.insert(
            block("touches", {"published_at": published_at, "too_late": published_at == 5})
        )
    asked = "SELECT toUnixTimestamp64Milli(published_at), too_late FROM"
    assert query(f"{asked} current_touches") == [(5, True)]
    query("OPTIMIZE TABLE touches FINAL")
    assert query(f"{asked} touches") == [(5, True)]


@pytest.mark.parametrize("order", list(permutations([True, False, True])))
def test_of_deliveries_that_were_published_at_one_time_one_in_time_stands(writer, query, order):
    """As of a file that is loaded again, when all that is in it lies far behind."""
    for too_late in order:
        row = {"kind": 4, "click_id": "c", "published_at": 5, "too_late": too_late}
        writer.insert(block("touches", row))
    for view in ("current_touches", "current_clicks"):
        assert query(f"SELECT too_late FROM {view}") == [(False,)]


def test_of_a_row_of_a_former_version_the_delivery_is_not_known(writer, query):
    for published_at in (0, 5):
        writer.insert(block("touches", {"published_at": published_at}))
    assert query("SELECT toUnixTimestamp64Milli(published_at) FROM current_touches") == [(0,)]


@pytest.mark.parametrize("order", list(permutations([(T0 + 5, 1), (T0, 9), (T0, 3)])))
def test_a_click_that_was_stamped_again_is_one_at_its_least_time(writer, query, order):
    """Also where its times are in two months, and each is a row of the table."""
    for occurred_at, published_at in order:
        row = {"kind": 4, "click_id": "c", "item_id": "i", "placement": "NOTE"}
        times = {"occurred_at": occurred_at, "published_at": published_at}
        writer.insert(block("touches", {**row, **times}))
    asked = "SELECT toUnixTimestamp64Milli(occurred_at), toUnixTimestamp64Milli(published_at), item_id, placement FROM"
    for view in ("current_touches", "current_clicks"):
        assert query(f"{asked} {view}") == [(T0, 3, "i", "NOTE")]
    assert query("SELECT count() FROM touches FINAL") == [(2,)]


def test_a_touch_that_was_only_ever_late_says_so(writer, query):
    writer.insert(block("touches", {"too_late": True}))
    assert query("SELECT too_late FROM current_touches") == [(True,)]


@pytest.mark.parametrize(
    "other",
    [
        {"brand_id": "B"},
        {"note_id": "N"},
        {"kind": 2},
        {"user_id": "U"},
        {"occurred_at": T0 + 1},
        {"click_id": "c"},
    ],
)
def test_touches_that_differ_in_identity_are_two_rows(writer, query, other):
    writer.insert(block("touches", {}, other))
    assert query("SELECT count() FROM current_touches") == [(2,)]


def test_the_day_is_that_of_shanghai_and_counts_from_its_midnight(writer, query):
    midnight = 1_750_003_200_000  # 2025-06-16 00:00 in Asia/Shanghai
    writer.insert(block("touches", *({"occurred_at": midnight + ms} for ms in (-1, 0))))
    assert query("SELECT day FROM current_touches ORDER BY occurred_at") == [
        (date(2025, 6, 15),),
        (date(2025, 6, 16),),
    ]


def test_every_field_comes_back_as_it_was_written(writer, query):
    fields = {
        "brand_id": "品牌",
        "note_id": "n" * 64,
        "user_id": "用户😀" * 10,
        "surface": "SEARCH",
        "promoted": True,
        "dwell_ms": 2_147_483_647,
    }
    click = {"kind": 4, "click_id": "c" * 64, "item_id": "商品", "placement": "COMMENT"}
    writer.insert(block("touches", fields, click))
    written = ", ".join(fields)
    assert query(f"SELECT {written} FROM current_touches WHERE kind = 'view'") == [
        tuple(fields.values())
    ]
    assert query(
        "SELECT click_id, item_id, placement, dwell_ms FROM current_touches WHERE kind = 'click'"
    ) == [("c" * 64, "商品", "COMMENT", None)]


def test_a_batch_of_many_years_is_taken(writer, query):
    month_ms = 31 * 86_400_000
    writer.insert(block("touches", *({"occurred_at": n * month_ms} for n in range(300))))
    assert query("SELECT count() FROM current_touches") == [(300,)]
