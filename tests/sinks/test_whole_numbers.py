"""What the driver sends is the same, whether it looks at each value or not."""

import inspect
from datetime import UTC, datetime
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from clickhouse_driver.columns.arraycolumn import ArrayColumn
from clickhouse_driver.columns.base import Column
from clickhouse_driver.columns.service import get_column_by_spec
from clickhouse_driver.errors import LogicalError

from sinks.whole_numbers import pass_whole_numbers

ENUM = "Enum8('view' = 1, 'save' = 2, 'click' = 4)"
TIME = "DateTime64(3, 'Asia/Shanghai')"


def written(spec, items):
    """The bytes that the driver writes of a column."""
    settings = {"input_format_null_as_default": False, "use_numpy": False}
    context = SimpleNamespace(settings={}, client_settings=settings, server_info=MagicMock())
    column = get_column_by_spec(spec, {"context": context, "types_check": False})
    pieces = []
    column.write_data(items, SimpleNamespace(write=pieces.append))
    return b"".join(pieces)


@pytest.fixture(autouse=True)
def passing():
    pass_whole_numbers()
    pass_whole_numbers()


@pytest.mark.parametrize(
    ("spec", "whole", "other"),
    [
        (ENUM, [1, 4, 2, 1], ["view", "click", "save", "view"]),
        (TIME, [0, 1_760_000_000_123], [datetime.fromtimestamp(s, UTC) for s in (0, 1_760_000_000.123)]),
        (f"Nullable({TIME})", [5, None], [datetime.fromtimestamp(0.005, UTC), None]),
        (f"Array({ENUM})", [[1, 4], [], [2]], [["view", "click"], [], ["save"]]),
    ],
)  # fmt: skip
def test_whole_numbers_are_sent_as_what_they_stand_for(spec, whole, other):
    assert written(spec, whole) == written(spec, other)


@pytest.mark.parametrize("items", [[1, 3], ["bought"], [None]])
def test_what_is_not_of_the_enum_is_refused(items):
    with pytest.raises(LogicalError, match="Unknown element"):
        written(ENUM, items)


def test_the_driver_still_looks_at_each_value_by_itself():
    assert "items[i] = x" in inspect.getsource(Column.prepare_items)
    assert "self.prepare_items(items)" in inspect.getsource(Column._write_data)
    assert "_write_data" in inspect.getsource(ArrayColumn)
