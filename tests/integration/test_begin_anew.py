"""States made anew on a real broker: the tables are then those of all events, versions included."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient
from local_kafka import LocalKafka
from recipes import Recipe
from waiting import delete_topics

from sinks.connection import ClickHouse
from streams.kafka.topic_rules import topics_of
from streams.settings import Settings


@pytest.fixture
def recipe(own_kafka: LocalKafka, own_database: ClickHouse, tmp_path: Path) -> Iterator[Recipe]:
    settings = Settings(
        broker=f"kafka://{own_kafka.address}",
        group=f"group-{uuid4().hex}",
        partitions=4,
        lookback_days=7,
        data_dir=tmp_path,
    )
    recipe = Recipe(settings, own_database, tmp_path)
    recipe.publish(recipe.halves[0])
    yield recipe
    with KafkaAdminClient(bootstrap_servers=settings.broker_hosts) as admin:
        delete_topics(admin, topics_of(settings))


def test_another_number_of_partitions(recipe: Recipe) -> None:
    """Users move, those who were forgotten as well."""
    person = recipe.work("one", "two", forgetting=True)
    recipe.more_partitions(8)
    recipe.set(partitions=8)
    assert "was made for 4 partitions, not 8: set partitions to 4, or delete" in recipe.refused(
        "one"
    )
    shutil.rmtree(recipe.workers.data_dir("one") / "state")
    assert "was made for 4 partitions, not 8, so the events of a user" in recipe.refused("one")
    assert "8 partitions are made anew" in recipe.rebuild("--state")
    recipe.publish(recipe.halves[1])
    shutil.rmtree(recipe.workers.data_dir("two") / "state")
    recipe.work("one", "two")
    assert recipe.different(forgotten=person) == []
    # From where they never were, they come again.
    recipe.publish(recipe.halves[0])
    recipe.work("one")
    assert recipe.different(forgotten=person) == []


def test_a_longer_lookback(recipe: Recipe) -> None:
    recipe.work("one")
    recipe.set(lookback_days=30)
    recipe.keep_changelog()
    recipe.rebuild("--state")
    recipe.publish(recipe.halves[1])
    recipe.work("one")
    recipe.rebuild()
    assert recipe.different() == []


def test_topics_and_states_are_lost(recipe: Recipe) -> None:
    recipe.work("one")
    recipe.lose_topics()
    assert (
        "Raise epoch, and make the states anew with `zhongcao rebuild --state`"
        in recipe.refused("one")
    )
    recipe.set(epoch=1)
    recipe.rebuild("--state")
    recipe.publish(recipe.halves[1])
    recipe.work("new")
    assert recipe.different() == []
