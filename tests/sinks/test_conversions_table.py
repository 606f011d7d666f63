"""The table `conversions`: the greatest version of a sub-order stands.

Defined in docs/definitions.md §4.7.
"""

from itertools import permutations

import pytest
from sink_rows import T0, block

PATH = {
    "path.occurred_at": [T0 - 3, T0 - 2, T0 - 1],
    "path.kind": [1, 2, 4],
    "path.note_id": ["n1", "笔记", "n" * 64],
    "path.item_id": ["", "", "i"],
    "path.click_id": ["", "", "c"],
    "path.promoted": [True, True, False],
    "path.surface": ["SEARCH", "SEARCH", "OTHER"],
}


@pytest.mark.parametrize("order", list(permutations([1, 2**64, 2**64 + 1])))
def test_the_greatest_version_stands_in_any_order(writer, query, order):
    for version in order:
        writer.insert(block("conversions", {"version": version, "order_id": str(version)}))
    assert query("SELECT order_id FROM current_conversions") == [(str(2**64 + 1),)]
    query("OPTIMIZE TABLE conversions FINAL")
    assert query("SELECT version FROM conversions") == [(2**64 + 1,)]


def test_versions_have_128_bits(writer, query):
    writer.insert(block("conversions", {"version": 2**128 - 1}))
    writer.insert(block("conversions", {"version": 2**128 - 2, "order_id": "older"}))
    assert query("SELECT order_id FROM current_conversions") == [("o",)]


def test_a_payment_moved_to_another_month_is_still_one_row(writer, query):
    writer.insert(block("conversions", {"paid_at": T0, "version": 1}))
    writer.insert(block("conversions", {"paid_at": T0 - 60 * 86_400_000, "version": 2}))
    assert query("SELECT toYYYYMM(paid_at) FROM current_conversions") == [(202504,)]


def test_a_path_comes_back_in_its_order(writer, query):
    writer.insert(block("conversions", PATH))
    assert query(
        "SELECT arrayMap(t -> toUnixTimestamp64Milli(t), path.occurred_at), path.kind,"
        " path.note_id, path.item_id, path.click_id, path.promoted, path.surface, path.evidence"
        " FROM current_conversions"
    ) == [
        (
            PATH["path.occurred_at"],
            ["view", "save", "click"],
            PATH["path.note_id"],
            PATH["path.item_id"],
            PATH["path.click_id"],
            PATH["path.promoted"],
            PATH["path.surface"],
            ["own"] * 3,
        )
    ]


def test_a_path_unfolds_touch_by_touch(writer, query):
    writer.insert(block("conversions", PATH, {"sub_order_id": "organic"}))
    assert query(
        "SELECT sub_order_id, path.kind, path.note_id FROM current_conversions"
        " ARRAY JOIN path.kind, path.note_id ORDER BY path.kind"
    ) == [("s", "view", "n1"), ("s", "save", "笔记"), ("s", "click", "n" * 64)]


def test_an_organic_order_is_a_row_with_an_empty_path(writer, query):
    writer.insert(block("conversions", {}))
    assert query("SELECT length(path.kind), click_id FROM current_conversions") == [(0, None)]


def test_flags_are_true_or_false(writer, query):
    flags = {"path_truncated": False, "path_incomplete": True}
    writer.insert(block("conversions", flags))
    assert query(f"SELECT {', '.join(flags)} FROM current_conversions") == [(False, True)]


def test_each_sub_order_of_each_brand_has_its_row(writer, query):
    writer.insert(block("conversions", {}, {"sub_order_id": "t"}, {"brand_id": "c"}))
    assert query("SELECT count() FROM current_conversions") == [(3,)]
