"""Each view gives the same answer, whatever whoever asks has set. `make engines` asks with every parameter."""

import pytest

from engines.answers import Answer, answers, compare
from engines.client_settings import SETTINGS, default_of
from engines.engine import Place
from engines.questions import Question


@pytest.mark.parametrize(("name", "value"), SETTINGS)
def test_the_answer_is_the_same(
    name: str, value: str, newest: Place, few: list[Question], expected: dict[Question, Answer]
) -> None:
    client = newest.client()
    assert default_of(client, name) not in (None, value), "nothing would be tried"
    asked = [question for question in few if question.first]
    compared = compare(expected, answers(client, asked, (name, value)))
    assert not compared.differing
    assert compared.views == len(asked)
