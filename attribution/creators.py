"""Who wrote which note. Events do not say, so a file does."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

from schemas.errors import SourceError

HEADER: Final = ["note_id", "creator_id"]

#: The creator of notes that are not in the file.
UNLISTED: Final = "(unlisted)"


def read_creators(path: Path) -> dict[str, str]:
    """note_id → creator_id, from a CSV file in UTF-8 under the line note_id,creator_id.

    Raises SourceError if it cannot be read, is not like that, or names two creators of one note.
    """
    try:
        found = pl.read_csv(path, infer_schema=False).fill_null("")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(
            f"{path} cannot be read as CSV in UTF-8 under the line {','.join(HEADER)}: {str(error).splitlines()[0]}"
        ) from error
    if found.columns != HEADER:
        raise SourceError(
            f"{path} begins with the line {','.join(found.columns)}: it must be {','.join(HEADER)}."
        )
    incomplete = found.with_row_index("line", offset=2).filter(
        (pl.col("note_id") == "") | (pl.col("creator_id") == "")
    )
    if len(incomplete):
        raise SourceError(
            f"{path} has an empty note_id or creator_id in line {incomplete['line'][0]}: give both, or leave it out."
        )
    several = found.group_by("note_id").agg(pl.col("creator_id").unique().sort()).sort("note_id")
    for note, creators in several.filter(pl.col("creator_id").list.len() > 1).iter_rows():
        raise SourceError(
            f"{path} names several creators of note {note}: {', '.join(creators)}. Credit is for one: choose."
        )
    return dict(found.iter_rows())


def creators_of(notes: pl.Expr, creators: Mapping[str, str]) -> pl.Expr:
    """The creator of each note; "" stays."""
    known = {"": "", **creators}
    return notes.replace_strict(known, default=UNLISTED, return_dtype=pl.String)
