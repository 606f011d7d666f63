"""Each file of a view says who sees it and whose its rows are, and nothing is written twice."""

import re
from collections import Counter
from pathlib import Path

import pytest

from schemas.errors import DefinitionError
from sinks.comments import comments
from sinks.schema import load_migrations, load_schema
from sinks.tables import FULL, MODELS
from sinks.templates import environment
from sinks.views import View, _view, load_views, models

FOLDER = Path(__file__).parents[2] / "sinks/views"
TEXTS = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.sql"))}
GOOD = TEXTS["current_journeys"]


def loaded(folder: Path, text: str) -> View:
    (folder / "current_journeys.sql").write_text(text)
    return _view(environment(), folder / "current_journeys.sql")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (r"-- seen by: .*\n", "", "lacks its header"),
        (r"-- brand: .*\n", "", "lacks its header"),
        ("analyst", "everyone", "is seen by everyone"),
        ("brand: brand_id", "brand: brand", "has no column brand,"),
        ("brand: brand_id", "brand: as what it reads", "must have both"),
        ("    note_id ", "    nothing_id ", 'a text for "nothing_id" to sinks/views/comments.toml'),
        ("    note_id [^,\n]+", "    note_id String COMMENT x", 'a text for "note_id:x"'),
        ("CREATE", "{{ nothing }}CREATE", "'nothing' is undefined"),
        ("CREATE", "{% nothing %}CREATE", "unknown tag 'nothing'"),
        ("VIEW current_journeys", "VIEW other", "does not create current_journeys"),
    ],
)
def test_a_file_that_is_not_as_it_must_be_is_refused(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert loaded(tmp_path, GOOD).brand_column == "brand_id"
    with pytest.raises(DefinitionError, match=re.escape(told)) as error:
        loaded(tmp_path, re.sub(old, new, GOOD, count=1))
    assert "sinks/views/current_journeys.sql" in str(error.value)


def test_each_comes_after_those_that_it_reads() -> None:
    names = [view.name for view in load_views()]
    assert sorted(names) == sorted(TEXTS)
    for view in load_views():
        read = view.reads & set(names)
        assert all(names.index(name) < names.index(view.name) for name in read), view.name


@pytest.mark.parametrize("name", TEXTS)
def test_no_column_is_qualified_by_the_name_of_a_view(name: str) -> None:
    """It would not be known while a new text of that view is tried under another name."""
    found = re.findall(rf"\b(?:{'|'.join(TEXTS)})\.\w+", TEXTS[name].partition("\nAS ")[2])
    assert not found


def test_a_view_with_parameters_runs_in_the_name_of_whoever_asks() -> None:
    """Its rows would be those of its owner, and no policy would hold."""
    for view in load_views():
        assert view.invoker or view.call("v") == "`v`", view.name


def test_what_shows_rows_of_people_has_a_brand() -> None:
    for view in load_views():
        if view.seen_by and re.search(r"\b(user_id|brand_id)\b", view.columns):
            assert view.brand != "none", view.name


def test_no_comment_is_written_twice_and_none_is_left_over() -> None:
    sources = "".join([*TEXTS.values(), *(each.sql for each in load_migrations())])
    own = re.findall(r"^    \S+ .* COMMENT ('.*')", sources, re.MULTILINE)
    explained = [model["explained"] for model in models().values()]
    written = [*comments().values(), *explained, *(text[1:-1] for text in own)]
    repeated = [text for text, times in Counter(written).items() if times > 1]
    # Of other names, and about the line above.
    assert [text for text in repeated if not text.startswith("The same, ")] == []
    schema = load_schema()
    shown = "".join(
        [
            *(v.columns for v in schema.views),
            # Also in forms that they had.
            *(each for migration in schema.migrations for each in migration.statements),
        ]
    )
    assert [name for name, text in comments().items() if text not in shown] == []


@pytest.mark.parametrize("name", TEXTS)
def test_enumerations_and_lists_of_models_are_not_written_out(name: str) -> None:
    assert "Enum8" not in TEXTS[name]
    known = [model for model in models() if f"'{model}'" in TEXTS[name]]
    assert len(known) <= 1


def test_models_are_those_that_the_program_knows() -> None:
    assert [name for name in models() if models()[name].get("adds_up", True)] == list(MODELS)
    assert [name for name in models() if not models()[name].get("adds_up", True)] == [FULL]
