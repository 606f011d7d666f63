"""python -m engines: every view on every release of ClickHouse's engine, with every parameter, and under every setting.

Prints what was compared, and ends with 1 where an answer differs or nothing was compared.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich.console import Console

from engines.access import GRANTS_BY_PREFIX, refused
from engines.answers import Answer, Compared, answers, compare
from engines.client_settings import SETTINGS, default_of
from engines.engine import Place
from engines.filled import dump, restored
from engines.questions import Question, questions
from engines.roles import rights_that_differ
from engines.rows import fill
from engines.wheels import WHEELS, installed
from sinks.embedded import EmbeddedServer
from sinks.migrate import migrate, missing
from streams.clickhouse import served_by

console = Console(width=160)
Expected = Mapping[Question, Answer]


@click.command()
@click.option("--only", multiple=True, type=click.Choice([*WHEELS]), help="These releases alone.")
@click.option("--settings/--no-settings", default=True, help="Ask under clients' settings, too.")
def main(only: tuple[str, ...], settings: bool) -> None:
    """Compare what every release answers with what the newest does."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with restored(None, _files(folder), folder / "newest") as newest:
            expected = answers(newest.client(), questions(newest.client()))
            equal = _tell(_version(newest), compare(expected, expected))
            for release in only or WHEELS:
                equal &= _release(release, expected, folder)
            equal = (not settings or _settings(newest, expected)) and equal
    sys.exit(not equal)


def _files(folder: Path) -> Path:
    files = folder / "rows"
    files.mkdir()
    with EmbeddedServer(folder / "first") as server:
        place = served_by(server, "filled")
        migrate(place)
        fill(place, folder / "state")
        dump(place, files)
    return files


def _release(release: str, expected: Expected, folder: Path) -> bool:
    with restored(installed(release), folder / "rows", folder / release) as place:
        differing = [*missing(place), *refused(place.client())]
        by_prefix = tuple(map(int, release.split("."))) >= GRANTS_BY_PREFIX
        differing += rights_that_differ(installed(release), folder / release, by_prefix)
        compared = compare(expected, answers(place.client(), [*expected]))
        return _tell(_version(place), compared, differing)


def _settings(newest: Place, expected: Expected) -> bool:
    client, equal, rows = newest.client(), True, 0
    for name, value in SETTINGS:
        tried = default_of(client, name) not in (None, value)
        compared = compare(expected, answers(client, [*expected], (name, value)))
        why = [] if tried else ["the setting is what it is anyway, or there is none"]
        equal &= _tell(f"{name} = {value!r}", compared, why)
        rows += compared.rows
    views = len({question.view for question in expected})
    console.print(f"{views} views × {len(SETTINGS)} settings, {rows:,} rows compared")
    return equal


def _tell(name: str, compared: Compared, more: Sequence[str] = ()) -> bool:
    """Print what was compared, and return whether all of it is equal."""
    console.print(
        f"{name}: {compared.views} views, {compared.rows:,} rows are equal", highlight=False
    )
    differing = [*more, *(f"{view}: {how}" for view, how in compared.differing.items())]
    for line in differing:
        console.print(f"  {line}", style="red", markup=False)
    return not differing and compared.rows > 0


def _version(place: Place) -> str:
    [(version,)] = place.client().execute("SELECT version()")
    return str(version)


if __name__ == "__main__":
    main()
