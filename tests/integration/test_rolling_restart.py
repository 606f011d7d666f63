"""Workers with an instance_id are restarted one after another: no partition moves, and nothing is restored."""

from dataclasses import replace
from pathlib import Path

import pytest
from group_of_workers import Workers
from local_kafka import LocalKafka
from rolling import WITHIN_S, Restarts, measured, settled

from sinks.connection import ClickHouse
from streams.kafka import topics
from streams.settings import Settings

PARTITIONS = 6


@pytest.fixture
def settings(own_kafka: LocalKafka) -> Settings:
    found = Settings(
        broker=f"kafka://{own_kafka.address}", partitions=PARTITIONS, session_timeout_s=60
    )
    topics.create(found, replication=1)
    return found


@pytest.fixture(scope="module")
def kafka(own_kafka: LocalKafka) -> LocalKafka:
    """A broker of this file's own, with topics of as many partitions."""
    return own_kafka


@pytest.mark.timeout(1800)
def test_nothing_moves_and_nothing_is_restored(
    settings: Settings, fresh_database: ClickHouse, tmp_path: Path
) -> None:
    found = measured(settings, fresh_database, tmp_path, 3, static=True)
    # Before they were restarted, the first to come had all partitions for a moment.
    assert replace(found, folders=0) == Restarts(moved=0, restored=0, rebalances=0, folders=0)


@pytest.mark.timeout(1800)
def test_the_former_of_two_workers_with_one_id_ends_with_a_sentence(
    settings: Settings, fresh_database: ClickHouse, tmp_path: Path
) -> None:
    with Workers(replace(settings, instance_id="same"), fresh_database, tmp_path) as workers:
        workers.start("one")
        workers.until(lambda: settled(workers, ["one"]), WITHIN_S)
        former = workers.forget("one")
        try:
            workers.start("two")
            assert former.wait(WITHIN_S) == 1
        finally:
            former.kill()
        [told] = [line for line in workers.log("one").splitlines() if line.startswith("error: ")]
        assert "runs with instance_id 'same', and has taken over from this one" in told
        workers.until(lambda: settled(workers, ["two"]), WITHIN_S)
        workers.stop("two")
