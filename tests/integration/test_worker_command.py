"""The commands as an operator runs them, against a real broker: publish, work, stop, go on."""

from collections.abc import Callable
from pathlib import Path

from cli.commands import Zhongcao
from group_of_workers import Workers

from sinks.connection import ClickHouse
from streams.kafka import topics
from streams.settings import Settings

TIMEOUT_S = 240


def test_publish_work_stop_and_go_on_without_the_disk(
    settings: Settings,
    fresh_database: ClickHouse,
    query: Callable[[str], list[tuple[int, ...]]],
    tmp_path: Path,
) -> None:
    topics.create(settings, replication=1)
    zhongcao = Zhongcao(tmp_path)
    zhongcao.ok("generate", "--events", "2000", "--late-share", "0", "--output", "events.jsonl")
    facts = []
    with Workers(settings, fresh_database, tmp_path) as workers:
        for name in ("first", "without the first's disk"):
            zhongcao.ok(
                "replay", "events.jsonl", "--format", "jsonl", "--config", str(workers.config)
            )
            workers.start(name)
            workers.until(lambda: workers.lag() == 0, TIMEOUT_S)
            workers.stop(name)
            facts += query("SELECT count(), sum(cityHash64(*)) FROM current_conversions")
    assert facts[0] == facts[1]
    assert facts[0][0] > 0
