"""Topics are created where the brokers are older than the settings that bound timestamps."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from kafka.errors import InvalidConfigurationError, NoError

from schemas.topics import NOTE_VIEWS
from streams.kafka import topics
from streams.kafka.topic_rules import topics_of
from streams.settings import Settings
from streams.timeunits import DAY_MS


class OldBroker:
    """It knows the settings of Kafka before 3.6. topics: name → the settings that it was created with."""

    def __init__(self) -> None:
        self.topics: dict[str, dict[str, str]] = {}

    def create_topics(self, wanted: Any, raise_errors: bool) -> dict[str, Any]:
        return {"topics": [self._create(name, each["configs"]) for name, each in wanted.items()]}

    def _create(self, name: str, configs: dict[str, str]) -> dict[str, Any]:
        unknown = {"message.timestamp.after.max.ms", "message.timestamp.before.max.ms"}
        if configs.keys() & unknown:
            error: Any = InvalidConfigurationError
        else:
            error, self.topics[name] = NoError, configs
        return {"name": name, "error_code": error.errno, "error_message": "unknown config"}

    def wait_for_topics(self, names: Any, timeout_ms: int) -> None:
        assert self.topics.keys() == set(names)


def test_the_bound_of_before_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def administering(settings: Settings) -> Iterator[OldBroker]:
        yield broker

    broker, settings = OldBroker(), Settings()
    monkeypatch.setattr(topics, "administering", administering)
    assert topics.create(settings, replication=1) == [*topics_of(settings)]
    config = broker.topics[NOTE_VIEWS]
    assert config["message.timestamp.difference.max.ms"] == str(DAY_MS)
    assert config["retention.ms"] == str(7 * DAY_MS)
