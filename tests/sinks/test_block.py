import numpy as np
import pytest
from sink_rows import DEFAULTS, block

from sinks.block import Block


def test_a_block_has_as_many_rows_as_its_columns_are_long():
    assert len(block("touches", {}, {}, {})) == 3
    assert len(block("touches")) == 0


def test_numpy_columns_are_columns():
    columns = {name: np.array([value, value]) for name, value in DEFAULTS["touches"].items()}
    assert len(Block("touches", columns)) == 2


def test_an_unknown_table_is_refused():
    with pytest.raises(ValueError, match="no table 'touch'"):
        Block("touch", {})


def test_a_misspelt_column_is_refused_with_both_names():
    columns = dict(block("touches", {}).columns)
    columns["occured_at"] = columns.pop("occurred_at")
    with pytest.raises(ValueError, match=r"unknown \['occured_at'\], missing \['occurred_at'\]"):
        Block("touches", columns)


def test_columns_of_different_lengths_are_refused():
    columns = dict(block("touches", {}).columns) | {"user_id": ["u", "v"]}
    with pytest.raises(ValueError, match="differ in length"):
        Block("touches", columns)


def test_the_day_of_a_touch_may_be_left_to_clickhouse_or_given():
    columns = block("touches", {}).columns
    assert "day" not in columns
    assert len(Block("touches", {**columns, "day": [20_254]})) == 1


@pytest.mark.parametrize(
    ("rows", "lengths"), [(0, []), (1, [1]), (2, [2]), (3, [2, 1]), (5, [2, 2, 1])]
)
def test_a_block_is_cut_into_blocks_of_at_most_so_many_rows(rows, lengths):
    whole = block("touches", *({"occurred_at": row} for row in range(rows)))
    parts = list(whole.cut(2))
    assert [len(part) for part in parts] == lengths
    assert [t for part in parts for t in part.columns["occurred_at"]] == list(range(rows))
