"""The commands as an operator runs them with a schema registry: register, publish, work, and stop while it is away."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cli.commands import Zhongcao
from group_of_workers import Workers
from kafka import KafkaProducer
from local_registry import LocalRegistry

from schemas.topics import NOTE_SAVES
from sinks.connection import ClickHouse
from streams.kafka import topics
from streams.settings import Settings

TIMEOUT_S = 120


def test_register_publish_work_and_stop_while_the_registry_is_away(
    settings: Settings,
    registry: LocalRegistry,
    fresh_database: ClickHouse,
    query: Callable[[str], list[tuple[int, ...]]],
    tmp_path: Path,
) -> None:
    topics.create(settings, replication=1)
    zhongcao = Zhongcao(tmp_path)
    zhongcao.ok("generate", "--events", "2000", "--late-share", "0", "--output", "events.jsonl")
    with Workers(
        replace(settings, schema_registry_url=registry.url), fresh_database, tmp_path
    ) as workers:
        configured = ("--config", str(workers.config))
        replay = ("replay", "events.jsonl", "--format", "jsonl", *configured)
        for command in (replay, ("worker", *configured)):
            assert "run `zhongcao schemas register`" in zhongcao.fails(*command)
        for told in ("registered, id", "was there, id"):
            assert zhongcao.ok("schemas", "register", *configured).count(told) == 4
        assert zhongcao.ok("schemas", "check", *configured).count("can be read") == 4
        assert "failed" not in zhongcao.ok("doctor", *configured)

        zhongcao.ok(*replay)
        workers.start("worker")
        workers.until(lambda: workers.lag() == 0, TIMEOUT_S)
        assert query("SELECT count() FROM current_order_events")[0][0] > 0

        with registry.away():
            publish_an_id_that_is_new(settings)
            workers.until(lambda: "is away" in workers.log("worker"), TIMEOUT_S)
            workers.stop("worker")
        assert "Traceback" not in workers.log("worker")
        assert workers.lag() == 1
        workers.start("worker")
        workers.until(lambda: workers.lag() == 0, TIMEOUT_S)
        workers.stop("worker")
    letters = (
        "SELECT count() FROM current_dead_letters WHERE detail = 'schema 4660 is not registered'"
    )
    assert query(letters) == [(1,)]


def publish_an_id_that_is_new(settings: Settings) -> None:
    with KafkaProducer(bootstrap_servers=settings.broker_hosts) as producer:
        producer.send(NOTE_SAVES, key=b"k", value=b"\x00\x00\x00\x12\x34datum").get(10)
