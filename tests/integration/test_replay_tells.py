"""A replay into Kafka tells what becomes of the events, and which rebuild joins those that are late."""

import json
from typing import Any

from cli.commands import Zhongcao
from cli.event_lines import DAY, NOON, PAY, VIEW

from streams.kafka import topics
from streams.settings import Settings


def replay(zhongcao: Zhongcao, settings: Settings, *events: dict[str, Any], code: int = 0) -> str:
    (zhongcao.folder / "events.jsonl").write_text("\n".join(map(json.dumps, events)))
    away = {"ZHONGCAO_CLICKHOUSE_PORT": "1", "ZHONGCAO_PARTITIONS": str(settings.partitions)}
    command = ("replay", "events.jsonl", "--format", "jsonl")
    done = zhongcao(*command, **away, ZHONGCAO_BROKER=settings.broker)
    assert done.returncode == code, done.stderr
    return " ".join(done.stderr.split())


def test_what_becomes_of_the_events(settings: Settings, zhongcao: Zhongcao) -> None:
    topics.create(settings, replication=1)
    newer = VIEW | {"occurred_at": NOON + 9 * DAY}
    told = replay(zhongcao, settings, newer, VIEW, PAY, PAY | {"quantity": 0})
    assert f"4 events published to {settings.broker}: 3 used, 1 refused (invalid_field: " in told
    assert ", 2 late. What is late is joined by this, once workers have read it:" in told
    assert told.endswith("rebuild --brand b1 --since 2025-06-17 --until 2025-06-17")
    assert "WARNING: an event of note-views, 2025-06-17 12:00:00, is late" in told


def test_nothing_could_be_used(settings: Settings, zhongcao: Zhongcao) -> None:
    topics.create(settings, replication=1)
    told = replay(zhongcao, settings, PAY | {"quantity": 0}, code=1)
    assert "1 events published" in told
    assert "Nothing in events.jsonl could be used" in told
