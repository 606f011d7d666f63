"""What somebody else has committed for the group, beyond what the state has read, ends a worker when it starts."""

import asyncio
from pathlib import Path

import pytest
from in_process import commit, elsewhere, publish, read, refused
from local_kafka import LocalKafka

from schemas.errors import StateError
from streams.kafka import topics
from streams.settings import Settings


@pytest.fixture(scope="module")
def kafka(own_kafka: LocalKafka) -> LocalKafka:
    """A broker of this file's own: offsets are those of its own messages."""
    return own_kafka


def test_before_the_first_worker_and_later(settings: Settings, tmp_path: Path) -> None:
    topics.create(settings, replication=1)
    publish(settings, 10)
    commit(settings, 10)
    reason = asyncio.run(refused(settings))
    assert isinstance(reason, StateError)
    assert "ends at offset 0 of partition 0 of note-views, but the group has committed 10" in str(
        reason
    )

    # It says how to go on, and that helps.
    assert "set the group's offset back to 0" in str(reason)
    commit(settings, 0)
    asyncio.run(read(settings, 10))
    publish(settings, 10)
    commit(settings, 17)
    for disk in ("kept", "lost"):
        folder = settings if disk == "kept" else elsewhere(settings, tmp_path / "other")
        reason = asyncio.run(refused(folder))
        assert (
            "ends at offset 10 of partition 0 of note-views, but the group has committed 17"
            in str(reason)
        )
    commit(settings, 10)
    assert asyncio.run(read(settings, 10)) == {}
