"""Topics are created alike, and a worker refuses those that are not."""

from dataclasses import replace

import pytest

from schemas.errors import BrokerError
from schemas.topics import DEAD_LETTERS, SOURCE_TOPICS
from streams import topics
from streams.settings import Settings


def test_create_check_and_refuse(settings: Settings) -> None:
    created = topics.create(settings, replication=1)
    assert created in ([*SOURCE_TOPICS, DEAD_LETTERS], [])
    assert topics.create(settings, replication=1) == []
    topics.check(settings)
    with pytest.raises(BrokerError, match="note-views has 4 partitions, but partitions is 8"):
        topics.check(replace(settings, partitions=8))
