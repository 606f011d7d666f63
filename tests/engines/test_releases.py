"""Every table, view and statement on older releases of ClickHouse: the oldest, a long-term one, and the newest.

`make engines` tries all of them.
"""

from pathlib import Path

import pytest

from engines.answers import Answer, answers, compare
from engines.filled import restored
from engines.questions import Question
from engines.wheels import LONG_TERM, OLDEST, installed
from sinks.migrate import MINIMUM_SERVER, missing


@pytest.mark.parametrize("release", [OLDEST, LONG_TERM[1]])
def test_views_answer_as_on_the_newest(
    release: str,
    files: Path,
    asked: list[Question],
    expected: list[Answer],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with restored(installed(release), files, tmp_path) as place:
        assert not missing(place)
        compared = compare(asked, expected, answers(place.client(), asked))
    with capsys.disabled():
        print(f" {release}: {compared.views} views × {compared.rows} rows compared")
    assert not compared.differing


def test_the_oldest_is_the_least_that_is_taken() -> None:
    assert ".".join(map(str, MINIMUM_SERVER)) == OLDEST
