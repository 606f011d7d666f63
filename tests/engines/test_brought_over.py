"""A database of the former form is brought over on older releases, too, with its rows."""

from pathlib import Path

import pytest

from engines.engine import Place, running
from engines.wheels import LONG_TERM, OLDEST, installed
from sinks.migrate import migrate, missing
from sinks.schema import Schema, load_migrations
from sinks.statements import split_statements

FORMER = Path(__file__).parents[1] / "sinks/former/before_0003"
#: What tests/sinks/test_order_free_form.py has of the same rows.
ROWS = {
    "touches": 5,
    "order_events": 2,
    "conversions": 3,
    "clicks": 1,
    "dead_letters": 2,
    "progress": 1,
}


@pytest.mark.parametrize("release", [OLDEST, LONG_TERM])
def test_every_table_has_its_rows(release: str, tmp_path: Path) -> None:
    with running(installed(release), tmp_path) as engine:
        place = Place(database="notes", engine=engine)
        migrate(place, Schema(load_migrations()[:2]))
        client = place.client()
        for file in ("views.sql", "rows.sql"):
            for statement in split_statements((FORMER / file).read_text()):
                client.execute(statement)
        assert "applied 0003_order_free" in migrate(place)
        assert not missing(place)
        found = {
            table: client.execute(f"SELECT toString(count()) FROM {table} FINAL")[0][0]
            for table in ROWS
        }
        assert {table: int(rows) for table, rows in found.items()} == ROWS
