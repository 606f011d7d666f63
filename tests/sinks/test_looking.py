"""A database is looked at while others change it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from sinks.connection import ClickHouse
from sinks.found import look

#: Of so many looks several meet a view that is being dropped: the first did within a hundred.
LOOKS = 150


def test_a_view_that_is_being_dropped(empty_database: ClickHouse) -> None:
    with empty_database.client(database="") as client:
        client.execute(f"CREATE DATABASE {empty_database.database}")
    enough = Event()

    def make_and_drop(name: str) -> int:
        made = 0
        with empty_database.client() as client:
            while not enough.is_set():
                client.execute(f"CREATE VIEW {name} AS SELECT 1 AS one")
                client.execute(f"DROP VIEW {name}")
                made += 1
        return made

    with ThreadPoolExecutor() as pool, empty_database.client() as client:
        others = [pool.submit(make_and_drop, name) for name in ("a", "b", "c")]
        try:
            found = [look(client, empty_database.database).stored for _ in range(LOOKS)]
        finally:
            enough.set()
        assert min(each.result() for each in others) > 1
    seen = [stored.statement for views in found for stored in views.values()]
    assert seen, "no look met a view"
    assert all(statement.startswith("CREATE VIEW") for statement in seen)
