"""Every table, view and statement on older releases of ClickHouse: the oldest, and a long-term one, beside the newest.

`make engines` tries all of them, and asks with every parameter.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.access import GRANTS_BY_PREFIX, refused
from engines.answers import Answer, answers, compare
from engines.engine import Place
from engines.filled import restored
from engines.questions import Question
from engines.roles import rights_that_differ
from engines.wheels import LONG_TERM, OLDEST, installed
from sinks.migrate import MINIMUM_SERVER, missing


@pytest.fixture(scope="module", params=[OLDEST, LONG_TERM])
def older(
    request: pytest.FixtureRequest, files: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    wheels = installed(request.param)
    with restored(wheels, files, tmp_path_factory.mktemp("older")) as place:
        yield place


def test_views_answer_as_on_the_newest(
    older: Place, few: list[Question], expected: dict[Question, Answer]
) -> None:
    assert not missing(older)
    compared = compare(expected, answers(older.client(), few))
    assert not compared.differing
    assert compared.views == len({question.view for question in few})


def test_access_statements_are_understood(older: Place) -> None:
    assert not refused(older.client())


@pytest.mark.parametrize("release", [OLDEST, LONG_TERM])
def test_rights_can_be_compared(release: str, tmp_path: Path) -> None:
    by_prefix = tuple(map(int, release.split("."))) >= GRANTS_BY_PREFIX
    assert not rights_that_differ(installed(release), tmp_path, by_prefix)


def test_the_oldest_is_the_least_that_is_taken() -> None:
    assert ".".join(map(str, MINIMUM_SERVER)) == OLDEST
