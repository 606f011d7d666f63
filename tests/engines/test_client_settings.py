"""Each view gives the same answer, whatever whoever asks has set."""

import pytest

from engines.answers import Answer, answers, compare
from engines.client_settings import SETTINGS
from engines.engine import Place
from engines.questions import Question


@pytest.fixture(scope="module")
def first(asked: list[Question], expected: list[Answer]) -> tuple[list[Question], list[Answer]]:
    """What every view is asked with each value of its parameters, whole."""
    whole = [n for n, question in enumerate(asked) if question.whole]
    return [asked[n] for n in whole], [expected[n] for n in whole]


@pytest.mark.parametrize(("name", "value"), SETTINGS)
def test_the_answer_is_the_same(
    name: str, value: str, newest: Place, first: tuple[list[Question], list[Answer]]
) -> None:
    asked, expected = first
    client = newest.client()
    [(default,)] = client.execute(f"SELECT default FROM system.settings WHERE name = '{name}'")
    assert default != value, "the setting is what it is anyway: nothing would be tried"
    compared = compare(asked, expected, answers(client, asked, (name, value)))
    assert not compared.differing
    assert compared.rows
