"""Topics that are deleted and created anew: a worker ends with a sentence, before anything is lost."""

import asyncio
from pathlib import Path

import pytest
from group_of_workers import STOP_S, Workers
from in_process import elsewhere, make_anew, publish, read, refused
from local_kafka import LocalKafka

from schemas.errors import StateError
from schemas.topics import NOTE_VIEWS
from sinks.connection import ClickHouse
from streams.kafka import topics
from streams.settings import Settings


@pytest.fixture(scope="module")
def kafka(own_kafka: LocalKafka) -> LocalKafka:
    """A broker of this file's own: its topics are deleted."""
    return own_kafka


def test_the_changelog_while_no_worker_runs(settings: Settings) -> None:
    topics.create(settings, replication=1)
    publish(settings, 1)
    asyncio.run(read(settings, 1))
    make_anew(settings, settings.changelog_topic)
    assert_stays_refused(settings)


def assert_stays_refused(settings: Settings) -> None:
    """However often it is started: each time adds a claim, and some day there are as many records as before."""
    sentences = [str(asyncio.run(refused(settings))) for _ in range(4)]
    assert all("the changelog's topic was made anew" in sentence for sentence in sentences)
    assert "is not the change that the state has from there" in sentences[-1]


@pytest.mark.parametrize("more", [0, 3])
def test_a_source_topic_while_no_worker_runs(settings: Settings, more: int) -> None:
    """With no new message, or with fewer than there were."""
    topics.create(settings, replication=1)
    make_anew(settings, NOTE_VIEWS)
    publish(settings, 10)
    asyncio.run(read(settings, 10))
    make_anew(settings, NOTE_VIEWS)
    publish(settings, more)
    reason = asyncio.run(refused(settings))
    assert isinstance(reason, StateError)
    assert f"Partition 0 of note-views ends at offset {more}, but the state in" in str(reason)


def test_the_changelog_under_a_worker(
    settings: Settings, fresh_database: ClickHouse, tmp_path: Path
) -> None:
    topics.create(settings, replication=1)
    with Workers(settings, fresh_database, tmp_path) as workers:
        workers.start("one")
        publish(settings, 10)
        workers.until(lambda: workers.lag() == 0, 120)
        make_anew(settings, settings.changelog_topic)
        worker = workers.forget("one")
        publish(settings, 10)
        assert worker.wait(STOP_S) == 1, workers.log("one")
        told = workers.log("one")
    assert "of its changelog, where" in told
    assert "Traceback" not in told
    assert_stays_refused(elsewhere(settings, workers.data_dir("one")))
