"""What counts as equal: rows that were compared."""

from clickhouse_driver.errors import ServerException

from engines.answers import compare
from engines.questions import Question

ONE, OTHER = Question("one", "SELECT 1"), Question("other", "SELECT 2")


def test_equal_rows_are_counted_by_view() -> None:
    answers = {ONE: ("[1]", "[2]"), OTHER: ("[3]",)}
    compared = compare(answers, answers)
    assert (compared.views, compared.rows, compared.differing) == (2, 3, {})


def test_a_view_without_rows_is_not_equal() -> None:
    compared = compare({ONE: (), OTHER: ("[3]",)}, {ONE: (), OTHER: ("[3]",)})
    assert compared.differing == {"one": "has no rows"}
    assert compared.views == 1


def test_another_row_differs() -> None:
    compared = compare({ONE: ("[1]", "[2]")}, {ONE: ("[1]", "[4]")})
    assert compared.differing == {"one": "SELECT 1: [2] is [4]"}


def test_a_row_that_comes_twice_differs() -> None:
    assert compare({ONE: ("[1]", "[1]")}, {ONE: ("[1]",)}).differing


def test_a_refusal_differs_also_where_both_refuse() -> None:
    refused = ServerException("no", 386)
    assert compare({ONE: refused}, {ONE: refused}).differing
