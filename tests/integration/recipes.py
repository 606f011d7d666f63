"""What docs/upgrading.md says under "Begin anew", as an operator does it, and what the tables must hold then."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from cli.commands import Zhongcao
from group_of_workers import Workers
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource
from waiting import delete_topics, wait_until

from schemas.topics import DEAD_LETTERS, FORGET_REQUESTS, SOURCE_TOPICS
from sinks.connection import ClickHouse
from streams.kafka import topics
from streams.kafka.topic_rules import configs_to_create, topics_of
from streams.settings import Settings

TIMEOUT_S = 240
#: All that does not depend on the order and the moment in which events come.
TABLES = {
    "touches": "* EXCEPT (too_late, published_at)",
    "order_events": "* EXCEPT (too_late, published_at)",
    "journeys": "*",
    "conversions": "*",
}


class Recipe:
    """Events in two halves, workers of settings that change, and a folder that had all events at once."""

    def __init__(self, settings: Settings, clickhouse: ClickHouse, folder: Path) -> None:
        self.zhongcao = Zhongcao(folder)
        self.settings = settings
        self._clickhouse = clickhouse
        self._folder = folder
        self.set()
        self.ok("topics", "create", "--retention-days", "10000")
        lines = self._generated()
        middle = len(lines) // 2
        self.halves = ["1.jsonl", "2.jsonl"]
        for name, some in zip(
            [*self.halves, "all.jsonl"], [lines[:middle], lines[middle:], lines], strict=True
        ):
            (folder / name).write_text("".join(some))

    def _generated(self) -> list[str]:
        """Of more days than a state holds."""
        generate = ("generate", "--events", "6000", "--days", "90", "--late-share", "0")
        return self.zhongcao.ok(*generate).splitlines(keepends=True)

    def set(self, **settings: Any) -> None:
        """Other settings for all workers and commands."""
        self.settings = replace(self.settings, **settings)
        self.workers = Workers(self.settings, self._clickhouse, self._folder)

    def ok(self, *args: str) -> str:
        return self.zhongcao.ok(*args, "--config", str(self.workers.config))

    def publish(self, half: str) -> None:
        self.ok("replay", half, "--format", "jsonl")

    def work(self, *names: str, forgetting: bool = False) -> str:
        """Have workers read all that there is, and stop; who of the buyers is forgotten, if anybody is to be."""
        person = ""
        with self.workers as workers:
            workers.start(*names)
            workers.until(lambda: workers.lag() == 0, TIMEOUT_S)
            if forgetting:
                query = "SELECT max(user_id) FROM current_conversions"
                person = self.ok("sql", "--format", "TSV", query).strip()
                assert "The user is forgotten" in self.ok("forget", person, "--yes")
            workers.stop(*names)
        return person

    def refused(self, name: str) -> str:
        """What a worker says that ends by itself."""
        with self.workers as workers:
            workers.start(name)
            assert workers.forget(name).wait(TIMEOUT_S) == 1, workers.log(name)
        return workers.log(name)

    def rebuild(self, *args: str) -> str:
        """What `zhongcao rebuild` says."""
        done = self.zhongcao("rebuild", *args, "--config", str(self.workers.config))
        assert done.returncode == 0, done.stderr
        return done.stderr

    def keep_changelog(self) -> None:
        """kafka-configs.sh --alter --add-config retention.ms=…"""
        topic = self.settings.changelog_topic
        kept = configs_to_create(self.settings, 1)[topic]["retention.ms"]
        with KafkaAdminClient(bootstrap_servers=self.settings.broker_hosts) as admin:
            admin.alter_configs([ConfigResource("topic", topic, {"retention.ms": kept})])

    def more_partitions(self, count: int) -> None:
        """kafka-topics.sh --alter --partitions"""
        altered = set(topics_of(self.settings)) - {DEAD_LETTERS}
        with KafkaAdminClient(bootstrap_servers=self.settings.broker_hosts) as admin:
            admin.create_partitions(dict.fromkeys(altered, count))
            wait_until(
                lambda: (
                    {len(t["partitions"]) for t in admin.describe_topics(sorted(altered))}
                    == {count}
                )
            )

    def lose_topics(self) -> None:
        """All but the requests to forget, and what the group has committed of the sources."""
        lost = [*SOURCE_TOPICS, DEAD_LETTERS, self.settings.changelog_topic]
        assert FORGET_REQUESTS not in lost
        with KafkaAdminClient(bootstrap_servers=self.settings.broker_hosts) as admin:
            delete_topics(admin, lost)
            admin.delete_groups([self.settings.group])
        topics.create(self.settings, replication=1, source_days=10_000)

    def different(self, forgotten: str = "") -> list[str]:
        """The tables whose rows are not those of a folder that had all events at once."""
        done = self.zhongcao(
            *("replay", "all.jsonl", "--format", "jsonl", "--embedded", "whole"),
            ZHONGCAO_LOOKBACK_DAYS=str(self.settings.lookback_days),
        )
        assert done.returncode == 0, done.stderr
        if forgotten:
            self.zhongcao.ok("forget", forgotten, "--yes", "--embedded", "whole")
        return [
            table
            for table, columns in TABLES.items()
            if self._rows(table, columns, "--config", str(self.workers.config))
            != self._rows(table, columns, "--embedded", "whole")
        ]

    def _rows(self, table: str, columns: str, *where: str) -> list[str]:
        query = f"SELECT {columns} FROM {table} FINAL ORDER BY ALL"
        rows = self.zhongcao.ok("sql", *where, "--format", "TSV", query).splitlines()
        assert len(rows) > 10
        return rows
