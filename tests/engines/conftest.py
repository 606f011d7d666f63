"""The rows that every engine is given, and the answers of our own."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from engines.answers import Answer, answers
from engines.engine import Place
from engines.filled import dump, restored
from engines.questions import Question, questions
from engines.rows import fill
from sinks.connection import ClickHouse
from sinks.migrate import migrate


@pytest.fixture(scope="session")
def files(clickhouse: ClickHouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rows of every table."""
    place = replace(clickhouse, database=f"engines_{uuid4().hex}")
    migrate(place)
    fill(place, tmp_path_factory.mktemp("state"))
    folder = tmp_path_factory.mktemp("rows")
    dump(place, folder)
    with place.client() as client:
        client.execute(f"DROP DATABASE {place.database}")
    return folder


@pytest.fixture(scope="session")
def newest(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The engine of our own wheel."""
    with restored(None, files, tmp_path_factory.mktemp("newest")) as place:
        yield place


@pytest.fixture(scope="session")
def few(newest: Place) -> list[Question]:
    """Every view is asked for all of its rows, and about its columns."""
    return [each for each in questions(newest.client()) if each.first or each.columns]


@pytest.fixture(scope="session")
def expected(newest: Place, few: list[Question]) -> dict[Question, Answer]:
    return answers(newest.client(), few)
