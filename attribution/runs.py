"""A run: from the question over the paths to credit, brand by brand, and into ClickHouse."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from attribution.creators import creators_of
from attribution.credit import (
    UNKNOWN,
    Credit,
    markov_credits,
    shapley_credits,
    without_path,
)
from attribution.paths import Paths
from attribution.question import Dimension, Model, Question
from schemas.errors import SettingsError
from sinks.connection import ClickHouse
from sinks.retry import RetryPolicy, persistently

#: Called now and then with the number of brands that are done, and of all.
Progress = Callable[[int, int], None]

_COLUMNS = (
    *("brand_id", "model", "dimension", "lookback_days", "since", "until", "computed_at"),
    *("channel", "removal_effect", "sub_orders", "gross_fen", "refunded_fen"),
)


@dataclass(slots=True)
class Run:
    """What was found.

    computed_at_ms: when it began to read, by ClickHouse's clock, ms since the Unix epoch.
    brands: brand_id → credits, as attribution.credit orders them.
    notes, unknown: of the paths, and those of them of which no creator is known; empty unless asked by creator.
    """

    question: Question
    computed_at_ms: int
    brands: dict[str, list[Credit]] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)


def run(
    connection: ClickHouse,
    question: Question,
    creators: Mapping[str, str] | None = None,
    progress: Progress = lambda done, of: None,
) -> Run:
    """Compute credit by channel and write it to modelled_credits, in place of a former run of the same name.

    creators: note_id → creator_id, to ask by creator.

    Raises SettingsError when the question has no answer; SinkRejected, SinkUnavailable.
    """
    if (question.by is Dimension.CREATOR) != (creators is not None):
        raise SettingsError(
            "--by creator and --creators FILE.csv go together: events do not say who wrote a note, the file does."
        )
    paths = Paths(connection, question)
    found = Run(question, paths.now_ms())
    brands = paths.brands()
    for done, brand in enumerate(brands):
        progress(done, len(brands))
        found.brands[brand] = _credits(paths, brand, found, creators)
    _write(connection, found)
    return found


def _credits(
    paths: Paths, brand: str, found: Run, creators: Mapping[str, str] | None
) -> list[Credit]:
    unknown = without_path(UNKNOWN, paths.unknown(brand))
    try:
        if found.question.model is Model.SHAPLEY:
            credits = shapley_credits(_by_creator(paths.coalitions(brand), found, creators))
        else:
            credits = markov_credits(_by_creator(paths.transitions(brand), found, creators))
        return credits + unknown
    except SettingsError as error:
        raise SettingsError(f"Brand {brand}: {error}") from error


def _by_creator(
    frame: pl.DataFrame, found: Run, creators: Mapping[str, str] | None
) -> pl.DataFrame:
    """Creators for notes. A creator may then follow oneself, which makes no difference to a chain."""
    if creators is None:
        return frame
    if "channels" in frame.columns:
        notes = frame["channels"].explode()
        frame = frame.with_columns(
            pl.col("channels").list.eval(creators_of(pl.element(), creators)).list.unique()
        )
    else:
        notes = pl.concat([frame["state"], frame["next"]])
        frame = frame.with_columns(creators_of(pl.col("state", "next"), creators))
    seen = {note for note in notes.unique() if note}
    found.notes |= seen
    found.unknown |= seen - creators.keys()
    return frame


def _write(connection: ClickHouse, found: Run) -> None:
    asked = found.question
    name = (asked.model, asked.by, asked.lookback_days, asked.since, asked.until)
    rows = [
        (brand, *name, found.computed_at_ms, *_arrays(credits))
        for brand, credits in found.brands.items()
    ]
    columns = ", ".join(_COLUMNS[:7]) + "".join(f", `credits.{column}`" for column in _COLUMNS[7:])

    def insert() -> None:
        with connection.client() as client:
            client.execute(f"INSERT INTO modelled_credits ({columns}) VALUES", rows)

    persistently(insert, "insert of the credits", connection.address, RetryPolicy(attempts=3))


def _arrays(credits: Sequence[Credit]) -> list[list[str | float | None]]:
    return [[getattr(credit, column) for credit in credits] for column in _COLUMNS[7:]]
