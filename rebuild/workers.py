"""What the workers know that may change while a rebuild runs: who is to be forgotten, and how far the facts go."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from sinks.ask import ask
from sinks.connection import ClickHouse
from sinks.erase import Letter, erase
from streams.settings import Settings
from streams.wall_clock import machine_ms
from verify.reading import SourceTopics

#: How long a message may be on its way to Kafka (delivery.timeout.ms of its producers).
IN_FLIGHT_MS = 120_000


class Workers(Protocol):
    """Those that write into the same tables."""

    def forgotten(self) -> Collection[str]:
        """Hashes of all users who are to be forgotten, at this moment."""

    def published_until(self) -> int:
        """Of what was published until then, all facts are in ClickHouse, ms."""


class NoWorkers:
    """None can run meanwhile: the folder is ours, and whoever was forgotten has no facts."""

    def forgotten(self) -> Collection[str]:
        """Nobody is, meanwhile."""
        return ()

    def published_until(self) -> int:
        """Everything is there."""
        return machine_ms()


class OnKafka:
    """Workers on Kafka. Each method raises BrokerError, SinkRejected or SinkUnavailable."""

    def __init__(self, topics: SourceTopics, clickhouse: ClickHouse) -> None:
        self._topics = topics
        self._clickhouse = clickhouse

    def forgotten(self) -> Collection[str]:
        """Those of the topic of requests."""
        return self._topics.forgotten().keys()

    def published_until(self) -> int:
        """The time of the newest message of the slowest partition that is behind; just now, where none is."""
        # Whatever has an earlier timestamp and is not there yet, no producer sends any more.
        now = machine_ms() - IN_FLIGHT_MS
        behind = self._topics.behind(self._topics.committed(None))
        slow = [(tp.topic, tp.partition) for tp, span in behind.items() if len(span)]
        if not slow:
            return now
        query = """
            SELECT topic, `partition`, toUnixTimestamp64Milli(argMax(newest_message_at, (epoch, next_offset))) AS at
            FROM progress FINAL
            GROUP BY topic, `partition`
        """
        reached = {
            (row["topic"], row["partition"]): row["at"] for row in ask(self._clickhouse, query)
        }
        return min(now, *(int(reached.get(place, 0)) for place in slow))


@contextmanager
def workers_of(settings: Settings, clickhouse: ClickHouse) -> Iterator[Workers]:
    """Those of the settings. Raises: BrokerError."""
    if not settings.on_kafka:
        yield NoWorkers()
        return
    with SourceTopics(settings) as topics:
        yield OnKafka(topics, clickhouse)


@dataclass(frozen=True, slots=True)
class Returned:
    """A user of whom rows were written while somebody else deleted them. Dead letters are nothing that we write."""

    user_id: str

    def owns(self, letters: Sequence[Letter]) -> Sequence[bool]:
        """None of them is ours to delete."""
        return [False] * len(letters)


def take_back(clickhouse: ClickHouse, user_id: str) -> None:
    """Delete what was written of a user who is to be forgotten. Raises SinkError."""
    erase(clickhouse, Returned(user_id))
