from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from ground import Ground

from sinks.connection import ClickHouse
from sinks.migrate import migrate


@pytest.fixture(scope="session")
def grounds(clickhouse: ClickHouse) -> Iterator[tuple[Ground, Ground]]:
    """Made once: that takes longer than most examples."""
    places = [replace(clickhouse, database=f"rebuild_{uuid4().hex}") for _ in range(2)]
    for place in places:
        migrate(place)
    made = Ground(places[0]), Ground(places[1])
    yield made
    for ground in made:
        ground.client.execute(f"DROP DATABASE {ground.place.database}")
        ground.close()


@pytest.fixture
def ground(grounds: tuple[Ground, Ground]) -> Ground:
    """Where rows are made anew."""
    grounds[0].clear()
    return grounds[0]


@pytest.fixture
def right(grounds: tuple[Ground, Ground]) -> Ground:
    """Where everything comes in order."""
    grounds[1].clear()
    return grounds[1]
