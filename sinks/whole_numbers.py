"""Columns of times and enums that the driver is given as whole numbers go out as they are.

The driver looks at each value of such a column twice, in Python, and finds that there is nothing to do: a third of what
an insert of touches takes. `tests/sinks/test_whole_numbers.py` fails when it goes about that in another way.
"""

from collections.abc import Callable
from typing import Any

from clickhouse_driver.columns.datetimecolumn import DateTime64Column
from clickhouse_driver.columns.enumcolumn import Enum8Column

Items = list[Any]
Prepare = Callable[[Any, Items], Items]


def pass_whole_numbers() -> None:
    """From now on, in all connections of this process. Doing it again changes nothing."""
    for column, fit in ((DateTime64Column, _are_whole_numbers), (Enum8Column, _are_of_enum)):
        prepare = column.prepare_items
        if prepare.__module__ != __name__:
            column.prepare_items = _unless(fit, prepare)


def _unless(fit: Callable[[Any, Items], bool], prepare: Prepare) -> Prepare:
    def prepare_items(column: Any, items: Items) -> Items:
        return items if fit(column, items) else prepare(column, items)

    return prepare_items


def _are_whole_numbers(column: Any, items: Items) -> bool:
    return set(map(type, items)) <= {int}


def _are_of_enum(column: Any, items: Items) -> bool:
    return _are_whole_numbers(column, items) and set(items) <= column.name_by_value.keys()
