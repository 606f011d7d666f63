"""A database of an engine, as `migrate` makes it, with the same rows on each."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from engines.engine import Place, running
from sinks.connection import ClickHouse
from sinks.http import run_query
from sinks.migrate import migrate
from sinks.quoting import literal, quoted

DATABASE = "notes"


def dump(filled: ClickHouse, folder: Path) -> None:
    """Write the rows of every table into a file: not merged, so that there is something left to merge."""
    with filled.client() as client:
        tables = client.execute(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND total_rows > 0"
            " AND name NOT IN ('schema_migrations', 'schema_views')"
        )
    for (table,) in tables:
        rows = BytesIO()
        run_query(filled, f"SELECT * FROM {quoted(table)}", rows, "TSVWithNames")
        (folder / f"{table}.tsv").write_bytes(rows.getvalue())


@contextmanager
def restored(wheels: Path | None, files: Path, folder: Path) -> Iterator[Place]:
    """The dumped rows on an engine, which was started anew since the views were made. folder: for its data."""
    with running(wheels, folder) as engine:
        place = Place(database=DATABASE, engine=engine)
        migrate(place)
        for file in sorted(files.glob("*.tsv")):
            _insert(place, file)
    with running(wheels, folder) as engine:
        engine.ask("SYSTEM STOP MERGES")
        yield Place(database=DATABASE, engine=engine)


def _insert(place: Place, file: Path) -> None:
    client, table = place.client(), quoted(file.stem)
    columns = client.execute(f"DESCRIBE {table}")
    types = ", ".join(
        f"{quoted(name)} {kind}" for name, kind, how, *_ in columns if how != "MATERIALIZED"
    )
    rows = f"file({literal(str(file))}, TSVWithNames, {literal(types)})"
    client.execute(f"INSERT INTO {table} SELECT * FROM {rows}")
