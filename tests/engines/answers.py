"""What engines answer, and how two of them differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clickhouse_driver.errors import ServerException

from engines.engine import EngineClient
from engines.questions import Question
from sinks.quoting import literal

#: A sum of floats depends on the order in which they come.
DIGITS = 9

#: The rows as texts, sorted; or with what the question was refused.
Answer = tuple[str, ...] | ServerException


@dataclass(frozen=True, slots=True)
class Compared:
    """How answers differ, a line for each view, and how much was alike."""

    differing: Mapping[str, str]
    views: int
    rows: int


def answers(
    client: EngineClient, asked: Sequence[Question], setting: tuple[str, str] | None = None
) -> dict[Question, Answer]:
    """The answer to each question. setting: name and value that whoever asks has."""
    given = f" SETTINGS {setting[0]} = {literal(setting[1])}" if setting else ""
    return {question: _answer(client, question.sql + given) for question in asked}


def compare(expected: Mapping[Question, Answer], found: Mapping[Question, Answer]) -> Compared:
    """What was found beside what was expected. A view without rows differs: nothing was compared."""
    differing: dict[str, str] = {}
    rows = {question.view: 0 for question in found}
    for question, right in found.items():
        left = expected[question]
        if told := _difference(left, right):
            differing.setdefault(question.view, f"{question.sql}: {told}")
        else:
            rows[question.view] += len(left) if isinstance(left, tuple) else 0
    for view in (view for view, count in rows.items() if not count):
        differing.setdefault(view, "has no rows")
    return Compared(differing, len(rows) - len(differing), sum(rows.values()))


def _difference(left: Answer, right: Answer) -> str:
    """Empty if there is none."""
    for answer in (left, right):
        if isinstance(answer, ServerException):
            return str(answer)[:300]
    if left == right:
        return ""
    return " is ".join(
        next(iter({*a} - {*b}), "nothing") for a, b in ((left, right), (right, left))
    )


def _answer(client: EngineClient, sql: str) -> Answer:
    try:
        return tuple(sorted(repr(_rounded(row)) for row in client.execute(sql)))
    except ServerException as error:
        return error


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return value
