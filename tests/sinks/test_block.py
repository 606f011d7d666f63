import polars as pl
import pytest
from sink_rows import block

from sinks.block import Block


def test_a_block_has_as_many_rows_as_its_frame():
    assert len(block("touches", {}, {}, {})) == 3
    assert len(block("touches")) == 0


def test_an_unknown_table_is_refused():
    with pytest.raises(ValueError, match="no table 'touch'"):
        Block("touch", pl.DataFrame())


def test_a_misspelt_column_is_refused_with_both_names():
    frame = block("touches", {}).frame.rename({"occurred_at": "occured_at"})
    with pytest.raises(ValueError, match=r"unknown \['occured_at'\], missing \['occurred_at'\]"):
        Block("touches", frame)


def test_a_column_of_another_type_is_refused_with_both_types():
    frame = block("touches", {}).frame.with_columns(pl.col("occurred_at").cast(pl.Datetime("ms")))
    with pytest.raises(ValueError, match=r"occurred_at .* touches is Datetime.*, not Int64"):
        Block("touches", frame)


def test_the_day_of_a_touch_may_be_left_to_clickhouse_or_given():
    frame = block("touches", {}).frame
    assert "day" not in frame.columns
    assert len(Block("touches", frame.with_columns(pl.lit(20_254).cast(pl.Date).alias("day")))) == 1


@pytest.mark.parametrize(
    ("rows", "lengths"), [(0, []), (1, [1]), (2, [2]), (3, [2, 1]), (5, [2, 2, 1])]
)
def test_a_block_is_cut_into_blocks_of_at_most_so_many_rows(rows, lengths):
    whole = block("touches", *({"occurred_at": row} for row in range(rows)))
    parts = list(whole.cut(2, 1 << 20))
    assert [len(part) for part in parts] == lengths
    assert [t for part in parts for t in part.frame["occurred_at"]] == list(range(rows))


def test_large_rows_are_cut_into_smaller_blocks():
    """Two paths of 1,000 touches need more than 20,000 bytes, one does not."""
    paths = {"path.occurred_at": list(range(1000)), "path.note_id": ["n" * 10] * 1000}
    whole = block("conversions", *({**paths, "sub_order_id": name} for name in "abc"))
    assert whole.memory_bytes > 3 * 18_000
    parts = list(whole.cut(100_000, whole.memory_bytes // 2))
    assert [part.frame["sub_order_id"].to_list() for part in parts] == [["a"], ["b"], ["c"]]
    assert len(list(whole.cut(100_000, 1))) == 3
